export const receiverErrors = {
  drain_not_found: {
    kind: "not_found",
    message: "{target} has no drain {drain}.",
    hint: "List them with berth drains -a {target}",
  },
  too_many_drains: {
    kind: "conflict",
    message: "{target} has {most} drains already.",
    hint: "Remove one first: berth drains -a {target}",
  },
  too_many_notifications: {
    kind: "conflict",
    message: "There are {most} notifications for it already, as many as one app or team may have.",
    hint: "Remove one first: berth notifications",
  },
  notification_not_found: {
    kind: "not_found",
    message: "There is no notification {notification}{of}.",
    hint: "List them with berth notifications",
  },
  notification_failed: {
    kind: "failed",
    message: "{address} did not take the message: {problem}.",
    hint: "Correct the receiver and try again with berth notifications:test {notification}",
  },
  address_refused: {
    kind: "denied",
    message: "{problem}, which nothing is sent to.",
    hint: "Whoever looks after this Berth can allow it: internal_targets in berth.yml",
  },
  mail_not_set_up: {
    kind: "conflict",
    message: "Berth does not know yet how to send mail.",
    hint: "Set mail.host and mail.from in berth.yml in the home's config directory.",
  },
} as const;
