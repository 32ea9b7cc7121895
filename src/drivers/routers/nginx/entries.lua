-- The truth about routing, which all workers share: the lines that berthd sent.
local shared = require "shared-memory"

local entries = ngx.shared.berth_routes

local M = {}

-- Applies one line, `key TAB value` repeated; an empty value removes. The sender has put backends
-- before the hosts that name them, so that no worker finds a host without its backend.
local function apply_line(line)
    for key, value in line:gmatch("([^\t]+)\t([^\t]*)") do
        local ok, problem
        if value == "" then
            entries:delete(key)
        else
            ok, problem = entries:safe_set(key, value)
            if not ok then return problem end
        end
    end
end

function M.change(lines)
    local problem
    for line in lines do
        problem = problem or apply_line(line)
    end
    shared.next_version()
    return problem
end

-- Keys that only the old table has go last, hosts before backends.
function M.replace(lines)
    local kept, problem = {}, nil
    for line in lines do
        for key in line:gmatch("([^\t]+)\t[^\t]*") do kept[key] = true end
        problem = problem or apply_line(line)
    end
    local keys = problem and {} or entries:get_keys(0)
    for _, kind in ipairs { "h", "b" } do
        for _, key in ipairs(keys) do
            if key:sub(1, 1) == kind and not kept[key] then entries:delete(key) end
        end
    end
    shared.next_version()
    return problem
end

-- Reads the snapshot as nginx starts. What follows the last line feed was cut off by a crash.
function M.load(path)
    shared.next_version()
    local file = io.open(path, "rb")
    if not file then return end
    for line in file:lines("*L") do
        local problem = line:sub(-1) == "\n" and apply_line(line:sub(1, -2))
        if problem then ngx.log(ngx.ERR, "the routing snapshot does not fit: ", problem) end
    end
    file:close()
    collectgarbage()
end

function M.get(key)
    return entries:get(key)
end

function M.count()
    return #entries:get_keys(0)
end

return M
