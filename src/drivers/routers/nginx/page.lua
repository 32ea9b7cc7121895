-- The few answers that the router gives in its own name.
local M = {}

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function escape(text)
    return (text:gsub("[&<>\"']", escapes):gsub("[%z\1-\31\127]", "?"))
end

local template = [[<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%s</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}</style>
<h1>%s</h1>
<p>%s</p>
</html>
]]

-- `text` is HTML already.
local function respond(status, title, text)
    local body = template:format(title, title, text)
    ngx.req.discard_body()
    ngx.status = status
    ngx.header["Content-Type"] = "text/html; charset=utf-8"
    ngx.header["Content-Length"] = #body
    ngx.header["Cache-Control"] = "no-store"
    ngx.header["X-Content-Type-Options"] = "nosniff"
    ngx.print(body)
    return ngx.exit(ngx.HTTP_OK)
end

function M.redirect(status, location)
    ngx.req.discard_body()
    ngx.header["Location"] = location
    ngx.header["Content-Length"] = 0
    ngx.status = status
    ngx.send_headers()
    return ngx.exit(ngx.HTTP_OK)
end

function M.no_host()
    return respond(400, "No host name", "The request does not say which site it is for.")
end

function M.unknown_host(host)
    local name = escape(host)
    return respond(404, "No app answers here", "No app has the domain <b>" .. name
        .. "</b>. To give it to one: <code>berth domains:add " .. name .. " -a APP</code>")
end

function M.unknown_path(host)
    return respond(404, "Nothing here", "No app serves this path of <b>" .. escape(host) .. "</b>.")
end

function M.no_file()
    return respond(404, "Not found", "There is no such file.")
end

function M.method_not_allowed()
    ngx.header["Allow"] = "GET, HEAD"
    return respond(405, "Method not allowed", "Files can only be read.")
end

function M.never_deployed()
    return respond(503, "Not deployed yet", "This app has no release yet: push it first.")
end

function M.nothing_running()
    return respond(503, "Not running", "Nothing of this app runs at the moment.")
end

function M.stopped()
    return respond(503, "Stopped", "This app has been stopped.")
end

function M.held_too_long()
    ngx.header["Retry-After"] = 10
    return respond(503, "In maintenance", "This app is in maintenance. Please try again shortly.")
end

function M.unreachable()
    return respond(502, "The app does not answer", "The app runs, but gave no answer to this request.")
end

return M
