-- Chooses the certificate by the name that the client asks for.
local ffi = require "ffi"
local ssl = require "ngx.ssl"
local routes = require "routing-table"

ffi.cdef [[
void *OPENSSL_sk_value(const void *stack, int index);
int X509_check_private_key(const void *certificate, const void *key);
void ERR_clear_error(void);
]]

-- A renewed certificate may keep its path, so files are looked at again after this time.
local LOOK_AGAIN_S = 10
local PAIRS_MAX = 512

local pairs_by_path, pairs_count = {}, 0

local M = {}

local function read(path)
    local file, problem = io.open(path, "rb")
    if not file then return nil, problem end
    local text = file:read("*a")
    file:close()
    return text
end

-- Asked before a handshake depends on it: there the pair of nginx's own could not be put back.
local function fits(chain, key)
    local does = ffi.C.X509_check_private_key(ffi.C.OPENSSL_sk_value(chain, 0), key) == 1
    if not does then ffi.C.ERR_clear_error() end
    return does
end

local function parse(tls)
    local chain_text, chain_problem = read(tls.certificate)
    if not chain_text then return nil, chain_problem end
    local key_text, key_problem = read(tls.key)
    if not key_text then return nil, key_problem end
    local chain, bad_chain = ssl.parse_pem_cert(chain_text)
    if not chain then return nil, bad_chain end
    local key, bad_key = ssl.parse_pem_priv_key(key_text)
    if not key then return nil, bad_key end
    if not fits(chain, key) then return nil, "it does not belong to the key " .. tls.key end
    return { chain = chain, key = key }
end

-- The parsed files, from memory when they were read a moment ago; what could be read once stays
-- in use when the files become unreadable.
local function pair_of(tls)
    local id = tls.certificate .. "\n" .. tls.key
    local known = pairs_by_path[id]
    if known and ngx.now() - known.read_at < LOOK_AGAIN_S then return known end
    local pair, problem = parse(tls)
    if not pair then
        ngx.log(ngx.ERR, "certificate ", tls.certificate, " cannot be used: ", problem)
        pair = known or {}
    end
    if not known then
        if pairs_count >= PAIRS_MAX then pairs_by_path, pairs_count = {}, 0 end
        pairs_count = pairs_count + 1
    end
    pair.read_at = ngx.now()
    pairs_by_path[id] = pair
    return pair
end

-- Leaves nginx's own pair in place when there is nothing better.
function M.choose()
    local name = ssl.server_name()
    local view = name and routes.view_of(name)
    if not view or not view.tls then return end
    local pair = pair_of(view.tls)
    if not pair.chain then return end
    ssl.clear_certs()
    local ok, problem = ssl.set_cert(pair.chain)
    if ok then ok, problem = ssl.set_priv_key(pair.key) end
    if not ok then
        ngx.log(ngx.ERR, "certificate ", view.tls.certificate, " does not fit its key: ", problem)
        return ngx.exit(ngx.ERROR)
    end
end

return M
