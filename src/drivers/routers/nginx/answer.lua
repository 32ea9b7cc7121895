-- Looks at the beginning of each answer of an app, before the visitor gets any of it.
local base = require "resty.core.base"
local ffi = require "ffi"
require "resty.core.response"

local get_request = base.get_request
local status_of = ffi.C.ngx_http_lua_ffi_get_resp_status

local M = {}

-- nginx takes an interim answer for the whole one, and passes on as it is what begins with no status
-- line (a status of 9). Whoever asked takes it for less: a proxy in front of the router, which has
-- one connection for many visitors, would give what the app sends next to somebody else, as the
-- answer of another app. The connection ends, as nginx keeps none that a page after this leaves whole.
function M.refuse_interim()
    local status = status_of(get_request())
    if status >= 200 or status == 101 and ngx.var.upgrade ~= "" then return end
    return ngx.exit(ngx.ERROR)
end

return M
