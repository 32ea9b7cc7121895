export const peopleErrors = {
  not_permitted: {
    kind: "denied",
    message: "{actor} may not do this.",
    hint: "On Berth's own machine everything is allowed; else ask whoever looks after it.",
  },
  needs_root: {
    kind: "denied",
    message: "Only root may do this.",
    hint: "Type: sudo {command}",
  },
  too_many_streams: {
    kind: "busy",
    message: "You have {most} streams open, as many as one may at once.",
    hint: "Close one of them: a page of the console, or logs that are followed.",
  },
  right_missing: {
    kind: "denied",
    message: "{actor} may not do this: it needs the right {right} for {what}.",
    hint: "Ask an admin of the team or a superuser: berth access:grant NAME ROLE, see berth whoami",
  },
  no_access: {
    kind: "not_found",
    message: "{user} has no role of their own in {what}.",
    hint: "Who has one: berth teams:members TEAM, berth access -a APP",
  },
  sign_in_needed: {
    kind: "denied",
    message: "Nobody is signed in here{problem}.",
    hint: "Sign in on the console, or send a token: Authorization: Bearer berth_…",
  },
  link_not_valid: {
    kind: "denied",
    message: "This sign-in link has been used or has run out.",
    hint: "Get a new one on the machine: berth sign-in NAME",
  },
  too_many_attempts: {
    kind: "busy",
    message: "Too many wrong attempts from {address}.",
    hint: "Wait {seconds} s, then try again.",
  },
  user_not_found: {
    kind: "not_found",
    message: "Nobody is called {user}.",
    hint: "List the people with berth users",
  },
  user_exists: {
    kind: "conflict",
    message: "There is a person with that {field} already: {value}.",
    hint: "List the people with berth users",
  },
  last_superuser: {
    kind: "conflict",
    message: "{user} is the only superuser.",
    hint: "Make another one first: berth users:add NAME --superuser",
  },
  team_not_found: {
    kind: "not_found",
    message: "No team is named {team}.",
    hint: "List the teams with berth teams",
  },
  team_exists: {
    kind: "conflict",
    message: "A team named {team} exists already.",
    hint: "List the teams with berth teams",
  },
  team_in_use: {
    kind: "conflict",
    message: "The team {team} {problem}.",
    hint: "Hand its apps to another team first: berth apps:transfer APP TEAM",
  },
  token_not_found: {
    kind: "not_found",
    message: "No token is named {token}.",
    hint: "List them with berth tokens",
  },
  token_exists: {
    kind: "conflict",
    message: "A token named {token} exists already.",
    hint: "Remove it first with berth tokens:remove {token}, or choose another name.",
  },
  too_many_tokens: {
    kind: "conflict",
    message: "You have {most} tokens, as many as one person may have.",
    hint: "Remove one first: berth tokens",
  },
  session_not_found: {
    kind: "not_found",
    message: "There is no session {session}.",
    hint: "List them with berth sessions",
  },
  key_not_found: {
    kind: "not_found",
    message: "No key is named {key}.",
    hint: "List them with berth keys",
  },
  key_exists: {
    kind: "conflict",
    message: "The key {key} is already there, as {name}.",
    hint: "List the keys with berth keys",
  },
  too_many_keys: {
    kind: "conflict",
    message: "One person has at most {most} keys.",
    hint: "Remove one first: berth keys",
  },
} as const;
