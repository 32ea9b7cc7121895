-- The routing table as one worker sees it. What a worker has made of the entries is forgotten as
-- soon as the table's version changes.
local cjson = require "cjson.safe"
local entries = require "entries"
local plain_hosts = require "plain-hosts"
local shared = require "shared-memory"

local version_now = shared.version

-- Bounds of what a worker keeps: visitors choose the Host headers.
local DECODED_MAX = 1024
local PEERS_MAX = 4096
local HEADER_MAX = 260
-- No domain is longer. To look for the wildcards of a name takes the square of its length.
local NAME_MAX = 253

local M = {}

local pools = {}
local views, backends, decoded_count = {}, {}, 0
local peers, peers_count = {}, 0
local version_known = -1

local function forget_decoded()
    views, backends, decoded_count = {}, {}, 0
end

local function forget()
    pools = {}
    plain_hosts.forget()
    forget_decoded()
    version_known = version_now()
end

local function count_decoded()
    if decoded_count >= DECODED_MAX then forget_decoded() end
    decoded_count = decoded_count + 1
end

-- What is known of an address in this worker: where it is, and where its requests are counted.
-- A peer is also the pool of itself alone: most pools are that, and less memory is quicker memory.
local function peer_of(address)
    local peer = peers[address]
    if peer then return peer end
    if peers_count >= PEERS_MAX then
        for name, old in pairs(peers) do
            if old.counts[old.place] == 0 then
                peers[name] = nil
                peers_count = peers_count - 1
            end
        end
    end
    local host, port = address:match("^(.*):(%d+)$")
    local counts, place = shared.counts_of(address)
    peer = {
        address = address,
        host = host or "",
        port = tonumber(port) or 0,
        counts = counts,
        place = place,
    }
    peer[1] = peer
    peers[address] = peer
    peers_count = peers_count + 1
    return peer
end

local function decode(key, raw)
    local value, problem = cjson.decode(raw)
    if type(value) == "table" then return value end
    ngx.log(ngx.ERR, "entry ", key, " of the routing table is not readable: ", problem)
end

local function decode_backend(id)
    local raw = entries.get("b:" .. id)
    local backend = raw and decode("b:" .. id, raw)
    if not backend then return nil end
    return {
        mode = backend.mode,
        held_until = tonumber(backend.heldUntilMs) or 0,
        types = backend.processTypes,
    }
end

-- A backend as it is now; nil when the table has none of that key.
local function backend_of(id)
    if version_known ~= version_now() then forget() end
    local backend = backends[id]
    if backend then return backend end
    backend = decode_backend(id)
    if backend then
        count_decoded()
        backends[id] = backend
    end
    return backend
end
M.backend_of = backend_of

-- Whether something can answer now, without waiting.
function M.is_usable(found)
    return found ~= nil and (found.kind == "static" or #found.peers > 0)
end

local function decode_pool(name)
    local id, process_type = name:match("^(.*)/([^/]*)$")
    local backend = id and backend_of(id)
    local found = backend and backend.mode == "serving" and backend.types[process_type]
    if not found or found.kind ~= "proxy" or #found.peers == 0 then return nil end
    if #found.peers == 1 then return peer_of(found.peers[1]) end
    local pool = {}
    for i, address in ipairs(found.peers) do pool[i] = peer_of(address) end
    return pool
end

-- The peers behind a pool's name; nil when they take no requests now.
function M.pool(name)
    if version_known ~= version_now() then forget() end
    local pool = pools[name]
    if not pool then
        pool = decode_pool(name)
        pools[name] = pool
    end
    return pool
end

-- Whether what this worker knows is still what the table says.
function M.is_current()
    return version_known == version_now()
end

function M.pool_name(upstream)
    return upstream.backend .. "/" .. upstream.processType
end

-- The Host header without port and trailing dot, in lower case.
function M.host_of(header)
    local host = header:lower()
    if host:byte(1) == 91 then
        return host:match("^%[[^%]]*%]") or host
    end
    return (host:gsub(":.*$", ""):gsub("%.$", ""))
end

-- The exact name, then the wildcards from the longest suffix to the shortest.
local function find_host(host)
    local raw = entries.get("h:" .. host)
    local dot = 0
    while not raw do
        dot = host:find(".", dot + 1, true)
        if not dot then return nil end
        raw = entries.get("h:*" .. host:sub(dot))
    end
    return raw
end

-- The peers of a location, unless it takes more than passing the request on.
local function pool_of(location)
    local pool = M.pool(location.pool_name)
    local backend = pool and backend_of(location.upstream.backend)
    local found = backend and backend.types[location.upstream.processType]
    if not found or found.stripPrefix and location.path ~= "" then return nil end
    return pool
end

local function decode_view(header)
    local host = M.host_of(header)
    local raw = #host <= NAME_MAX and find_host(host)
    local route = raw and decode("h:" .. host, raw)
    if not route then return nil end
    local locations = {}
    for i, location in ipairs(route.locations) do
        local path = location.path:gsub("/+$", "")
        locations[i] = {
            path = path,
            below = path .. "/",
            upstream = location.upstream,
            pool_name = M.pool_name(location.upstream),
            maintenance = location.maintenance ~= cjson.null and location.maintenance or nil,
        }
        locations[i].pool = pool_of(locations[i])
    end
    table.sort(locations, function(a, b) return #a.path > #b.path end)
    local tls = route.tls ~= cjson.null and route.tls or nil
    return { host = host, locations = locations, tls = tls }
end

local function is_plain(view)
    local first = view.locations[1]
    return not view.tls and first and first.path == "" and first.pool
end

-- What a Host header leads to; nil for an unknown name.
function M.view_of(header)
    if version_known ~= version_now() then forget() end
    local view = views[header]
    if view then return view end
    local version = version_known
    view = decode_view(header)
    if not view or #header > HEADER_MAX or version ~= version_known then return view end
    local is_kept = is_plain(view) and plain_hosts.add(version, header, view.locations[1].pool)
    if not is_kept then
        count_decoded()
        views[header] = view
    end
    return view
end

-- The peers for the request in hand, when its host is a plain one that is known already.
function M.plain_pool()
    if version_known ~= version_now() then forget() end
    return plain_hosts.find(version_known)
end

-- The longest location that is a prefix of the path on segment borders.
function M.location_of(view, uri)
    local locations = view.locations
    for i = 1, #locations do
        local location = locations[i]
        if uri == location.path or uri:sub(1, #location.below) == location.below then
            return location
        end
    end
end

-- The name of the pool that the request in hand was routed to.
function M.pool_name_of_request()
    local name = ngx.var.pool
    if name and name ~= "" then return name end
    local view = M.view_of(ngx.var.http_host)
    local location = view and M.location_of(view, ngx.var.uri)
    return location and location.pool_name or ""
end

M.version = version_now

return M
