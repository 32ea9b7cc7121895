-- Keeps the request log within bounds, also while berthd, who reads it, is away: a full file takes
-- the place of the one before it.
local ffi = require "ffi"

ffi.cdef [[
int getppid(void);
int kill(int pid, int signal);
]]

local SIGUSR1 = 10
local SIZE_MAX = 16 * 1024 * 1024
local LOOK_S = 1

local M = {}

local function size_of(path)
    local file = io.open(path, "rb")
    if not file then return 0 end
    local size = file:seek("end")
    file:close()
    return size
end

-- nginx's master, which is every worker's parent, lets all of them open the file anew.
local function rotate(path)
    if os.rename(path, path .. ".1") then ffi.C.kill(ffi.C.getppid(), SIGUSR1) end
end

function M.keep_small(path)
    if ngx.worker.id() ~= 0 then return end
    ngx.timer.every(LOOK_S, function(is_ending)
        if not is_ending and size_of(path) > SIZE_MAX then rotate(path) end
    end)
end

return M
