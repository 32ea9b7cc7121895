-- What all workers read at each request, as plain words in memory that they share: the version of
-- the table, and how many requests each worker has in flight to each address. A dictionary would
-- take a lock for every look. A worker writes its own counts only, so none is ever lost.
local ffi = require "ffi"

ffi.cdef [[
void *mmap(void *address, size_t length, int protection, int flags, int file, long offset);
]]

local PROT_READ_WRITE = 3
local MAP_SHARED_ANONYMOUS = 0x21
local WORKERS_MAX = 64
local SLOTS = 4096
local COUNTS_AT = 16
local WORDS = COUNTS_AT + WORKERS_MAX * SLOTS

-- Loaded before the workers are forked, who then all have this same memory.
local address = ffi.C.mmap(nil, WORDS * 4, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0)
assert(ffi.cast("intptr_t", address) ~= -1, "no shared memory for the router")
local words = ffi.cast("int32_t *", address)

local state = ngx.shared.berth_state

local M = {}

function M.version()
    return words[0]
end

-- Makes every worker look at the table anew.
function M.next_version()
    words[0] = state:incr("version", 1, 0) % 0x7fffffff
end

-- Where the counts of an address lie. An address keeps its place; should so many have come that no
-- place is left, the late ones share one, and a drain of one of them waits for all of those.
local function slot_of(peer)
    local key = "slot " .. peer
    local slot = state:get(key)
    if slot then return slot end
    slot = state:incr("slots", 1, 0)
    if slot >= SLOTS then slot = 0 end
    return state:safe_add(key, slot) and slot or state:get(key) or 0
end

-- This worker's counts, and the place of an address in them.
function M.counts_of(peer)
    local id = ngx.worker.id() or 0
    return words + COUNTS_AT, id % WORKERS_MAX * SLOTS + slot_of(peer)
end

-- Requests in flight to an address, over all workers.
function M.in_flight(peer)
    local slot = slot_of(peer)
    local count = 0
    for id = 0, WORKERS_MAX - 1 do
        count = count + words[COUNTS_AT + id * SLOTS + slot]
    end
    return count
end

-- A worker that died took its requests with it; its successor has the same number.
function M.forget_predecessor()
    local id = ngx.worker.id() or 0
    ffi.fill(words + COUNTS_AT + id % WORKERS_MAX * SLOTS, SLOTS * 4)
end

return M
