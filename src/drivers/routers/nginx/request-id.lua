-- A new id for each request: 128 random bits, as nginx's own $request_id. That one asks OpenSSL each
-- time, which costs as much as a whole phase of Lua; here the kernel gives many ids at once. None of
-- them becomes a Lua string, which the garbage collection would have to find again.
local base = require "resty.core.base"
local ffi = require "ffi"

ffi.cdef [[
ssize_t getrandom(void *buffer, size_t length, unsigned int flags);
]]

local IDS = 256
local BYTES = 16

local VARIABLE = "id"
local PROBLEM_MAX = 256

local C = ffi.C
local get_request = base.get_request
local variable_name = ffi.new("unsigned char[?]", #VARIABLE)
local problem = ffi.new("unsigned char[?]", PROBLEM_MAX)
local problem_length = ffi.new("size_t[1]")
local random = ffi.new("uint8_t[?]", IDS * BYTES)
local text = ffi.new("unsigned char[?]", IDS * BYTES * 2 + 1)
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

-- Gives the request in hand its id, as the variable $id.
function M.give()
    if left == 0 then fill() end
    left = left - 1
    problem_length[0] = PROBLEM_MAX
    local rc = C.ngx_http_lua_ffi_var_set(get_request(), VARIABLE, #VARIABLE, variable_name,
        text + left * BYTES * 2, BYTES * 2, problem, problem_length)
    assert(rc == 0, "no id for the request")
end

function M.give_if_none()
    if (ngx.var.id or "") == "" then M.give() end
end

return M
