-- Decides for each request. `choose` is the short way, for what is merely passed on to an instance;
-- all else (files, redirects, waiting, refusals) goes through `route`.
local balance = require "balance"
local page = require "page"
local request_id = require "request-id"
local routes = require "routing-table"

local var = ngx.var
local plain_pool = routes.plain_pool
local choose = balance.choose
local version_now = routes.version

-- How often a waiting request looks whether the table has changed.
local POLL_S = 0.025

local M = {}

-- The peers that take a request as it is; nil when it goes the long way.
local function pool_for_request()
    local pool = plain_pool()
    if pool then return pool end
    local header = var.http_host
    local view = header and routes.view_of(header)
    if not view or view.tls and var.forwarded_proto == "http" then return nil end
    local location = routes.location_of(view, var.uri)
    return location and location.pool
end

-- Nothing when an instance is chosen; something when the request goes the long way.
function M.choose()
    if not choose(pool_for_request) then return "1" end
    request_id.give()
    return ""
end

-- A decoded path, written as it may stand in a request line or a Location header.
local function escape_path(path)
    return (path:gsub("[^%w%-%._~!$&'()*+,;=:@/]", function(char)
        return string.format("%%%02X", char:byte())
    end))
end

local function query()
    return var.is_args .. (var.args or "")
end

-- The request's target without the location's path. The client's own spelling is kept, unless it
-- is one (dot segments, doubled slashes, an escaped prefix) in which a prefix means nothing.
local function strip_prefix(location)
    local raw = var.request_uri
    local path = raw:match("^[^?]*")
    local clean = not (path:find("//", 1, true) or path:find("/%.") or path:lower():find("/%%2e"))
    local rest
    if clean and (path == location.path or path:sub(1, #location.below) == location.below) then
        rest = raw:sub(#location.path + 1)
    else
        rest = escape_path(var.uri:sub(#location.path + 1)) .. query()
    end
    return rest:byte(1) == 47 and rest or "/" .. rest
end

-- True when the table has changed meanwhile.
local function pass_on(found, pool_name, location)
    if not choose(routes.pool, pool_name) then return true end
    var.pool = pool_name
    local strips = found.stripPrefix and location.path ~= ""
    var.target = strips and strip_prefix(location) or var.request_uri
    return ngx.exec(var.upgrade == "" and "@app" or "@websocket")
end

local function is_hidden(path)
    return path:gsub("^/%.well%-known/", "/"):find("/.", 1, true) ~= nil
end

local function serve_file(root, location)
    local method = ngx.req.get_method()
    if method ~= "GET" and method ~= "HEAD" then return page.method_not_allowed() end
    local path = var.uri:sub(#location.path + 1)
    if path == "" then return page.redirect(301, escape_path(location.path) .. "/" .. query()) end
    if is_hidden(path) then return page.no_file() end
    if path:byte(-1) == 47 then path = path .. "index.html" end
    var.static_root = root
    var.static_prefix = location.path
    ngx.req.set_uri(path, false, true)
    return ngx.exec("@static")
end

-- A directory that was asked for without the slash: nginx knows its path below the root only.
function M.fix_directory_redirect()
    if ngx.status ~= 301 then return end
    ngx.header.Location = escape_path(var.static_prefix .. var.uri) .. "/" .. query()
end

local function answer(found, pool_name, location)
    if found.kind == "static" then return serve_file(found.root, location) end
    return pass_on(found, pool_name, location)
end

-- The maintenance upstream answers only when it can do so at once.
local function stand_in_of(location)
    local upstream = location.maintenance
    local backend = upstream and routes.backend_of(upstream.backend)
    local found = backend and backend.mode == "serving" and backend.types[upstream.processType]
    if found and routes.is_usable(found) then return found, routes.pool_name(upstream) end
end

-- Answers from what the table says now; true when the request has to look again.
local function answer_location(location, backend)
    if backend and backend.mode == "stopped" then return page.stopped() end
    local found = backend and backend.mode == "serving"
        and backend.types[location.upstream.processType]
    if found and routes.is_usable(found) then return answer(found, location.pool_name, location) end
    local stand_in, pool_name = nil, nil
    if not found then stand_in, pool_name = stand_in_of(location) end
    if stand_in then return answer(stand_in, pool_name, location) end
    if backend and backend.mode == "held" then return page.held_too_long() end
    return backend and page.nothing_running() or page.never_deployed()
end

-- Waits until the table changes or the hold ends.
local function wait_for_change(version, until_s)
    while version_now() == version and ngx.now() < until_s do
        ngx.sleep(POLL_S)
    end
end

-- One look at the table: true when the request has to wait and look again.
local function try(header)
    local version = version_now()
    local view = routes.view_of(header)
    if not view then return page.unknown_host(routes.host_of(header)) end
    if view.tls and var.forwarded_proto == "http" then
        return page.redirect(308, "https://" .. view.host .. var.tls_port_suffix .. var.request_uri)
    end
    local location = routes.location_of(view, var.uri)
    if not location then return page.unknown_path(view.host) end
    local backend = routes.backend_of(location.upstream.backend)
    local held_until = backend and backend.mode == "held" and backend.held_until / 1000 or 0
    if ngx.now() < held_until then
        wait_for_change(version, held_until)
        return true
    end
    return answer_location(location, backend)
end

function M.route()
    local header = var.http_host
    if not header or header == "" then return page.no_host() end
    while try(header) do end
end

return M
