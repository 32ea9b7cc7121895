/** What somebody sees who opens the API's port in a browser. */
export const welcomePage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Berth</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}</style>
<h1>Berth is running</h1>
<p>This server is a home for programs: push code with git, and it is live.
<p>You are at the door for programs. On the server itself, go on in a terminal:
<pre>berth apps:create shop
berth apps:info shop     shows where to push, and where the app answers
berth help               shows everything else</pre>
<p>The API stands under <code>/api/v1</code> and wants an <code>Authorization: Bearer</code> token.
</html>
`;

export const welcomeHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;
