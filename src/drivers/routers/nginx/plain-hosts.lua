-- The short way from a Host header to its peers, for hosts of which everything goes to one pool.
-- They may be many, and each request looks here: so the names lie in plain memory, where they are
-- compared as nginx holds them. As Lua strings they would be made anew for each request, be
-- searched among all others, and be walked over by the garbage collection.
local base = require "resty.core.base"
local bit = require "bit"
local ffi = require "ffi"

ffi.cdef [[
typedef struct __attribute__((aligned(64))) {
    int32_t tag;
    int32_t version;
    uint32_t place;
    uint16_t length;
    char name[50];
} berth_host;

int32_t ngx_murmur_hash2(const unsigned char *name, size_t length);
int memcmp(const void *one, const void *other, size_t length);
]]

-- Six for each of 10,000 names: those that found no place would push each other out at each request.
local SLOTS = 65536
local NAME_MAX = 50
local VARIABLE = "http_host"

local C = ffi.C
local band, bxor, rshift = bit.band, bit.bxor, bit.rshift
local get_request = base.get_request
local slots = ffi.new("berth_host[" .. SLOTS .. "]")
local variable_name = ffi.new("char[?]", #VARIABLE)
local name_found = ffi.new("unsigned char *[1]")
local length_found = ffi.new("size_t[1]")
local problem = base.get_errmsg_ptr()

-- Place → peers, and back.
local pools, places = {}, {}

local M = {}

-- A name lies in one of four slots: two places by its hash, and the neighbour of each.
local function other_of(hash)
    local place = band(rshift(hash, 16), SLOTS - 1)
    return place
end

-- Four looks and no loop: LuaJIT does not compile a function together with a loop inside of it.
local function slot_of(hash, tag)
    local at = band(hash, SLOTS - 1)
    if slots[at].tag == tag then return slots[at] end
    if slots[bxor(at, 1)].tag == tag then return slots[bxor(at, 1)] end
    local other = other_of(hash)
    if slots[other].tag == tag then return slots[other] end
    if slots[bxor(other, 1)].tag == tag then return slots[bxor(other, 1)] end
end

-- The peers for the request in hand, when its host is a plain one that is known.
function M.find(version)
    local rc = C.ngx_http_lua_ffi_var_get(get_request(), VARIABLE, #VARIABLE, variable_name, 0,
        name_found, length_found, problem)
    if rc ~= 0 then return nil end
    local name, length = name_found[0], length_found[0]
    local hash = C.ngx_murmur_hash2(name, length)
    local slot = slot_of(hash, bxor(hash, version))
    if not slot or slot.version ~= version or slot.length ~= length
        or C.memcmp(slot.name, name, length) ~= 0 then
        return nil
    end
    return pools[slot.place]
end

local function place_of(pool)
    local place = places[pool]
    if not place then
        place = #pools + 1
        pools[place], places[pool] = pool, place
    end
    return place
end

-- A slot that holds nothing of this version; else one that then holds no longer what it did.
local function slot_for(hash, tag, version)
    local at, other = band(hash, SLOTS - 1), other_of(hash)
    local same = slot_of(hash, tag)
    if same then return same end
    for _, place in ipairs { at, bxor(at, 1), other, bxor(other, 1) } do
        if slots[place].version ~= version then return slots[place] end
    end
    return slots[at]
end

-- False for a name that is too long to be kept here.
function M.add(version, header, pool)
    if #header > NAME_MAX then return false end
    local hash = C.ngx_murmur_hash2(header, #header)
    local tag = bxor(hash, version)
    local slot = slot_for(hash, tag, version)
    slot.tag, slot.version, slot.place, slot.length = tag, version, place_of(pool), #header
    ffi.copy(slot.name, header, #header)
    return true
end

-- Slots of an older version count for nothing already.
function M.forget()
    pools, places = {}, {}
end

return M
