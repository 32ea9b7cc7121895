-- Chooses the instance of each request, and counts the requests in flight to each.
local balancer = require "ngx.balancer"
local routes = require "routing-table"

local var = ngx.var
local known_peer = routes.known_peer
local is_current = routes.is_current
local set_current_peer = balancer.set_current_peer
local get_last_failure = balancer.get_last_failure

local M = {}

local turn = 0

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
M.take = take

-- Another peer of the same pool, as the table says now, in place of one that failed.
local function retry(failed)
    local tried = {}
    for address in (var.upstream_addr or ""):gmatch("[^%s,]+:%d+") do tried[address] = true end
    local peer = take(routes.pool, routes.pool_name_of_request(), tried)
    if not peer then return nil end
    var.peer = peer.address
    count(failed, -1)
    return peer
end

-- The balancer phase, once for each try. The first was chosen when the request was routed.
function M.pick()
    local peer = known_peer(var.peer)
    if peer and get_last_failure() then peer = retry(peer) end
    if not peer then return ngx.exit(ngx.ERROR) end
    set_current_peer(peer.host, peer.port)
end

-- The log phase: the request is over.
function M.settle()
    local peer = known_peer(var.peer)
    if peer then count(peer, -1) end
end

return M
