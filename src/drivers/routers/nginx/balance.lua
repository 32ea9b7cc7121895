-- Chooses the instance of each request, and counts the requests in flight to each.
local balancer = require "ngx.balancer"
local base = require "resty.core.base"
local ffi = require "ffi"
local ids = require "request-id"
local routes = require "routing-table"

local var = ngx.var
local cast = ffi.cast
local get_request = base.get_request
local is_current = routes.is_current
local set_current_peer = balancer.set_current_peer
local get_last_failure = balancer.get_last_failure

local M = {}

local turn = 0

-- The peer of each request in flight, by the request's address in memory: quicker than a variable.
local chosen = {}

local function request_id()
    local id = tonumber(cast("intptr_t", get_request()))
    return id
end

-- Of two peers whose turn it is, the one with fewer requests from this worker. There is no loop
-- here nor in `take`: LuaJIT does not compile a function together with a loop inside of it, and
-- these run for each request.
local function less_busy(pool)
    local size = #pool
    turn = turn + 1
    local one, other = pool[turn % size + 1], pool[(turn + 1) % size + 1]
    return other.counts[other.place] < one.counts[one.place] and other or one
end

local function untried(pool, tried)
    for _, peer in ipairs(pool) do
        if not tried[peer.address] then return peer end
    end
end

local function count(peer, change)
    local counts, place = peer.counts, peer.place
    counts[place] = counts[place] + change
end

-- Takes a peer of the pool that `find` gives for `subject`. It counts first and then looks whether
-- the table is still the same: whoever takes a peer out of the table and then finds its count at
-- zero may be sure that no request is on its way to it.
local function take(find, subject, tried)
    local pool = find(subject)
    if not pool then return nil end
    local peer = pool[1]
    if tried then
        peer = untried(pool, tried)
        if not peer then return nil end
    elseif pool[2] then
        peer = less_busy(pool)
    end
    count(peer, 1)
    if is_current() then return peer end
    count(peer, -1)
    return take(find, subject, tried)
end

-- Chooses the peer of the request in hand, before the balancer phase; see `take`. True when there
-- is one.
function M.choose(find, subject)
    local peer = take(find, subject)
    if peer then chosen[request_id()] = peer end
    return peer ~= nil
end

-- Another peer of the same pool, as the table says now, in place of one that failed.
local function retry(failed)
    local tried = {}
    for address in (var.upstream_addr or ""):gmatch("[^%s,]+:%d+") do tried[address] = true end
    local peer = take(routes.pool, routes.pool_name_of_request(), tried)
    if not peer then return nil end
    chosen[request_id()] = peer
    count(failed, -1)
    return peer
end

-- The balancer phase, once for each try. The first was chosen when the request was routed.
function M.pick()
    local peer = chosen[request_id()]
    if peer and get_last_failure() then peer = retry(peer) end
    if not peer then return ngx.exit(ngx.ERROR) end
    set_current_peer(peer.host, peer.port)
end

-- The log phase: the request is over. One that ended before it was answered has no id yet.
function M.settle()
    local id = request_id()
    local peer = chosen[id]
    if not peer then return ids.give_if_none() end
    chosen[id] = nil
    count(peer, -1)
end

return M
