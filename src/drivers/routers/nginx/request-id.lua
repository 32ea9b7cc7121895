-- A new id for each request: 128 random bits, as nginx's own $request_id. That one asks OpenSSL each
-- time, which costs as much as a whole phase of Lua; here the kernel gives many ids at once.
local ffi = require "ffi"

ffi.cdef [[
ssize_t getrandom(void *buffer, size_t length, unsigned int flags);
]]

local IDS = 256
local BYTES = 16

local C = ffi.C
local string_of = ffi.string
local random = ffi.new("uint8_t[?]", IDS * BYTES)
local text = ffi.new("char[?]", IDS * BYTES * 2 + 1)
-- Each worker begins with none, so that no two have the same.
local left = 0

local M = {}

local function write_digits()
    local digits = "0123456789abcdef"
    for i = 0, IDS * BYTES - 1 do
        local high = math.floor(random[i] / 16)
        text[2 * i] = digits:byte(high + 1)
        text[2 * i + 1] = digits:byte(random[i] - 16 * high + 1)
    end
end

local function fill()
    while C.getrandom(random, IDS * BYTES, 0) ~= IDS * BYTES do end
    write_digits()
    left = IDS
end

function M.next()
    if left == 0 then fill() end
    left = left - 1
    local id = string_of(text + left * BYTES * 2, BYTES * 2)
    return id
end

return M
