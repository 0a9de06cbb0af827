"""OpenSSL, as pyOpenSSL carries it: the functions that its public API lacks.

pyOpenSSL has DTLS on memory BIOs and cookies in its API, but no pre-shared keys, and its
`Connection` wraps each call. Both are reached through `OpenSSL._util`, which is private: what is
missing there in some version is said when the server starts, not when a device comes.
"""

from typing import Any, Final

import OpenSSL

from .errors import EngineUnavailable

try:
    from OpenSSL import _util
except ImportError as error:
    raise EngineUnavailable(
        f"pyOpenSSL {OpenSSL.__version__} keeps its binding where it is not looked for"
    ) from error

lib: Final[Any] = _util.lib
ffi: Final[Any] = _util.ffi

_NEEDED: Final = (
    "BIO_ADDR_new", "BIO_free", "BIO_new", "BIO_read", "BIO_s_mem", "BIO_set_mem_eof_return",
    "BIO_write", "Cryptography_DTLSv1_get_timeout", "DTLSv1_handle_timeout", "DTLSv1_listen",
    "ERR_clear_error", "ERR_get_error", "ERR_reason_error_string", "SSL_CIPHER_get_name",
    "SSL_CTX_add_server_custom_ext", "SSL_CTX_set_cookie_generate_cb",
    "SSL_CTX_set_cookie_verify_cb", "SSL_CTX_set_max_proto_version",
    "SSL_CTX_set_min_proto_version", "SSL_CTX_set_options", "SSL_CTX_set_psk_client_callback",
    "SSL_CTX_set_psk_server_callback", "SSL_CTX_set_session_cache_mode", "SSL_CTX_set_verify",
    "SSL_ERROR_WANT_READ", "SSL_ERROR_WANT_WRITE", "SSL_ERROR_ZERO_RETURN",
    "SSL_OP_CIPHER_SERVER_PREFERENCE", "SSL_OP_NO_QUERY_MTU", "SSL_OP_NO_RENEGOTIATION",
    "SSL_OP_NO_TICKET", "SSL_SESSION_get_master_key", "SSL_SESS_CACHE_OFF",
    "SSL_VERIFY_FAIL_IF_NO_PEER_CERT", "SSL_VERIFY_PEER", "SSL_do_handshake", "SSL_free",
    "SSL_get_client_random", "SSL_get_current_cipher", "SSL_get_error", "SSL_get_server_random",
    "SSL_get_session", "SSL_new", "SSL_read", "SSL_set_accept_state", "SSL_set_bio",
    "SSL_set_connect_state", "SSL_set_mtu", "SSL_shutdown", "SSL_write", "X509_STORE_CTX_get0_cert",
    "X509_STORE_CTX_get_error_depth", "i2d_X509_bio",
)  # fmt: skip


def version() -> str:
    """Name what is installed: pyOpenSSL and the OpenSSL that it carries."""
    text = ffi.string(lib.OpenSSL_version(lib.OPENSSL_VERSION)).decode()
    return f"pyOpenSSL {OpenSSL.__version__} with {text}"


def require() -> None:
    """Raise `EngineUnavailable` where the binding lacks what the engine calls."""
    missing = [name for name in _NEEDED if not hasattr(lib, name)]
    if not getattr(lib, "Cryptography_HAS_PSK", 0):
        missing.append("pre-shared keys")
    if missing:
        raise EngineUnavailable(
            f"DTLS needs {', '.join(missing)}, which {version()} does not offer: "
            "install the versions of pyopenssl and cryptography that this package asks for"
        )


def reason() -> str:
    """Take what OpenSSL noted of its last failure: the first cause, in its words."""
    code = lib.ERR_get_error()
    lib.ERR_clear_error()
    text = lib.ERR_reason_error_string(code) if code else ffi.NULL
    return "the handshake failed" if text == ffi.NULL else ffi.string(text).decode()
