-- Looks at the beginning of each answer, before the visitor gets any of it.
local base = require "resty.core.base"
local ffi = require "ffi"
local request_id = require "request-id"
require "resty.core.response"

local get_request = base.get_request
local status_of = ffi.C.ngx_http_lua_ffi_get_resp_status

local M = {}

-- What nginx itself refuses, as no HTTP at all, has met no phase that gives an id. An interim answer
-- nginx takes for the whole one, and passes on as it is what begins with no status line (a status of
-- 9). Whoever asked takes it for less: a proxy in front of the router, which has one connection for
-- many visitors, would give what the app sends next to somebody else, as the answer of another app.
-- The connection ends, as nginx keeps none that a page after this leaves whole.
function M.look()
    local status = status_of(get_request())
    if status >= 400 then return request_id.give_if_none() end
    if status >= 200 or status == 101 and ngx.var.upgrade ~= "" then return end
    return ngx.exit(ngx.ERROR)
end

return M
