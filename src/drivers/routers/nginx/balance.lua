-- Chooses the instance of each request, and counts the requests in flight to each.
local balancer = require "ngx.balancer"
local routes = require "routing-table"

local var = ngx.var
local pool_of = routes.pool
local known_peer = routes.known_peer
local version_now = routes.version
local set_current_peer = balancer.set_current_peer
local get_last_failure = balancer.get_last_failure

local M = {}

local turn = 0

-- The peer with the fewest requests from this worker; those that are even take turns.
local function least_busy(pool, tried)
    local size = #pool
    turn = turn + 1
    local best, fewest
    for i = 1, size do
        local peer = pool[(turn + i) % size + 1]
        local active = peer.counts[peer.place]
        if not (tried and tried[peer.address]) and (not best or active < fewest) then
            best, fewest = peer, active
        end
    end
    return best
end

local function count(peer, change)
    local counts, place = peer.counts, peer.place
    counts[place] = counts[place] + change
end

-- Counts first and then looks whether the table is still the same: whoever takes a peer out of the
-- table and then finds its count at zero may be sure that no request is on its way to it.
local function take(name, tried)
    while true do
        local pool, version = pool_of(name)
        local peer = pool and (#pool == 1 and not tried and pool[1] or least_busy(pool, tried))
        if not peer then return nil end
        count(peer, 1)
        if version == version_now() then return peer end
        count(peer, -1)
    end
end

-- The addresses in $upstream_addr, which lists one try after another.
local function tries_of(text)
    local tried, last = {}, nil
    for address in (text or ""):gmatch("[^%s,]+:%d+") do
        tried[address] = true
        last = address
    end
    return tried, last
end

-- The balancer phase: once for each try.
function M.pick()
    local tried, last
    if get_last_failure() then tried, last = tries_of(var.upstream_addr) end
    local peer = take(var.pool, tried)
    if not peer then return ngx.exit(ngx.ERROR) end
    local failed = last and known_peer(last)
    if failed then count(failed, -1) end
    set_current_peer(peer.host, peer.port)
end

-- The log phase: the last try is over.
function M.settle()
    local address = var.upstream_addr
    if not address then return end
    local peer = known_peer(address)
    if not peer then
        local _, last = tries_of(address)
        peer = last and known_peer(last)
    end
    if peer then count(peer, -1) end
end

return M
