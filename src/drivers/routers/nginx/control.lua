-- What berthd may ask, on a socket in a folder that nobody else may enter.
local cjson = require "cjson.safe"
local entries = require "entries"
local ffi = require "ffi"
local routes = require "routing-table"
local shared = require "shared-memory"

ffi.cdef [[
int prctl(int option, unsigned long arg2, ...);
int getpid(void);
int getppid(void);
int kill(int pid, int signal);
]]

local PR_SET_PDEATHSIG = 1
local SIGKILL = 9
local DRAIN_POLL_S = 0.005

-- The master, which reads this file before it has workers.
local master = ffi.C.getpid()

local M = {}

local function answer(status, value)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json"
    ngx.say(cjson.encode(value))
end

-- The lines of the request's body; a large one lies in a file.
local function body_lines()
    ngx.req.read_body()
    local text = ngx.req.get_body_data()
    if text then return text:gmatch("[^\n]+") end
    local path = ngx.req.get_body_file()
    if path then return io.lines(path) end
    return function() end
end

local function apply(problem)
    if problem then return answer(507, { problem = "the routing table does not fit: " .. problem }) end
    return answer(200, { version = routes.version() })
end

local function drain()
    local peer = ngx.var.arg_peer and ngx.unescape_uri(ngx.var.arg_peer) or ""
    local deadline = ngx.now() + (tonumber(ngx.var.arg_timeoutMs) or 0) / 1000
    local left = shared.in_flight(peer)
    while left > 0 and ngx.now() < deadline do
        ngx.sleep(DRAIN_POLL_S)
        left = shared.in_flight(peer)
    end
    return answer(200, { left = left })
end

local function entry()
    local key = ngx.unescape_uri(ngx.var.arg_key or "")
    local raw = entries.get(key)
    return answer(raw and 200 or 404, { key = key, entry = raw and cjson.decode(raw) or cjson.null })
end

local operations = {
    ["GET /health"] = function()
        return answer(200, { version = routes.version(), entries = entries.count() })
    end,
    ["GET /entry"] = entry,
    ["GET /drain"] = drain,
    ["PUT /table"] = function() return apply(entries.replace(body_lines())) end,
    ["PATCH /table"] = function() return apply(entries.change(body_lines())) end,
}

function M.serve()
    local operation = operations[ngx.req.get_method() .. " " .. ngx.var.uri]
    if not operation then return answer(404, { problem = "no such operation" }) end
    return operation()
end

local function read(path)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text = file:read("*a")
    file:close()
    return text
end

-- A killed nginx leaves its socket behind, and the next one could not bind it. It is removed,
-- unless the nginx of the pid file lives: then this is its reload, or only a configuration test.
function M.remove_stale_socket(socket_path, pid_path)
    local pid = (read(pid_path) or ""):match("^%d+")
    local program = pid and read("/proc/" .. pid .. "/cmdline") or ""
    if not program:find("nginx", 1, true) then os.remove(socket_path) end
end

-- nginx lets workers outlive a killed master, whose ports its successor could then not bind. A signal
-- that a worker may answer itself would be seen only when it wakes up, which it may never do.
function M.start_worker()
    ffi.C.prctl(PR_SET_PDEATHSIG, ffi.cast("unsigned long", SIGKILL))
    -- The master was killed before that.
    if ffi.C.getppid() ~= master then ffi.C.kill(ffi.C.getpid(), SIGKILL) end
    shared.forget_predecessor()
end

return M
