"""libfemd as ctypes sees it: where it lies, its structures, its functions. The sizes that could differ are checked by it."""
import ctypes as c
import ctypes.util
import glob
import os
import pathlib


class Hash(c.Structure):
    _fields_ = [("b", c.c_uint8 * 32)]


class ErrorText(c.Structure):
    _fields_ = [("code", c.c_int), ("text", c.c_char * 1024)]


PROGRESS = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p)


class Config(c.Structure):
    _fields_ = [
        ("size", c.c_size_t), ("address", c.c_char_p), ("run", c.c_char_p), ("rank", c.c_uint32), ("ranks", c.c_uint32),
        ("step", c.c_uint32), ("connect_timeout", c.c_double), ("wait_timeout", c.c_double), ("progress", PROGRESS), ("user", c.c_void_p),
        ("give_up_early", c.c_int), ("key", c.c_char_p), ("insecure", c.c_int)]


class Capabilities(c.Structure):
    _fields_ = [(name, c.c_uint32) for name in
                ("wants", "inputs", "controls", "mixed", "atoms", "engine", "carriers", "batch")]
    _fields_ += [("volume", c.c_double), ("noise", c.c_double)]


class Arrays(c.Structure):
    _fields_ = [
        ("size", c.c_size_t), ("n", c.c_size_t), ("law", c.c_int), ("matrix", c.c_int), ("vector", c.c_int),
        ("F", c.c_void_p), ("strain", c.c_void_p), ("temperature", c.c_void_p), ("temperature_of_all", c.c_double),
        ("pressure", c.c_void_p), ("Q", c.c_void_p), ("token_in", c.c_void_p), ("token_stride", c.c_size_t),
        ("points", c.c_void_p), ("first_point", c.c_uint64), ("seed", c.c_uint64), ("increment", c.c_uint32),
        ("attempt", c.c_uint32), ("iteration", c.c_uint32), ("accuracy", c.c_double), ("sweep", c.c_int),
        ("stress", c.c_void_p), ("tangent", c.c_void_p), ("thermal_stress", c.c_void_p), ("energy", c.c_void_p),
        ("J", c.c_void_p), ("error", c.c_void_p), ("token_out", c.c_void_p), ("notes", c.c_void_p),
        ("status", c.c_void_p), ("words", c.c_void_p), ("words_size", c.c_size_t), ("conductivity", c.c_void_p),
        ("conductivity_error", c.c_void_p), ("delta_mu", c.c_void_p), ("composition", c.c_void_p),
        ("composition_error", c.c_void_p)]


def _places():
    """In order: $FEMD_LIBRARY, the tree that this file lies in (a checkout or an installed one), the system's."""
    if os.environ.get("FEMD_LIBRARY"):
        yield os.environ["FEMD_LIBRARY"]
        return
    for folder in pathlib.Path(__file__).resolve().parents:
        for pattern in ("build/lib/libfemd.so.1", "lib/libfemd.so.1", "lib/*/libfemd.so.1", "lib64/libfemd.so.1"):
            yield from glob.glob(str(folder / pattern))
    yield ctypes.util.find_library("femd") or "libfemd.so.1"


def _load():
    tried = []
    for place in _places():
        try:
            return c.CDLL(place)
        except OSError as why:
            tried.append(str(why))
    raise ImportError("no libfemd: " + "; ".join(tried) + "; set FEMD_LIBRARY to libfemd.so")


lib = _load()


def _declare(name, result, *arguments):
    function = getattr(lib, name)
    function.restype = result
    function.argtypes = arguments


_p = c.c_void_p
_declare("femd_version", c.c_char_p)
_declare("femd_status_name", c.c_char_p, c.c_int)
_declare("femd_status_text", c.c_char_p, c.c_int)
_declare("femd_status_is_physics", c.c_int, c.c_int)
_declare("femd_client_open", c.c_int, _p, _p, _p)
_declare("femd_client_close", None, _p)
_declare("femd_client_material", c.c_int, _p, c.c_char_p, c.c_char_p, _p, _p, _p)
_declare("femd_client_material_file", c.c_int, _p, c.c_char_p, c.c_char_p, _p, _p, _p)
_declare("femd_client_orientation", c.c_int, _p, _p, _p, _p)
_declare("femd_client_orient", c.c_int, _p, _p, _p, _p, _p)
_declare("femd_client_remarks", c.c_char_p, _p, _p)
_declare("femd_client_status", c.c_int, _p, _p, _p)
_declare("femd_client_abort", c.c_int, _p, _p)
_declare("femd_client_reused", c.c_uint64, _p)
_declare("femd_arrays_evaluate", c.c_int, _p, _p, _p, _p, _p)
_declare("femd_tokens_commit", c.c_int, _p, c.c_uint32, _p, c.c_uint64, _p, c.c_size_t, c.c_size_t, _p)
_declare("femd_tokens_save", c.c_int, _p, c.c_char_p, _p, c.c_size_t, c.c_size_t, _p)
_declare("femd_states_load", c.c_int, _p, c.c_char_p, _p, _p)


def version():
    """The version of the libfemd that was found, "0.1.0"."""
    return lib.femd_version().decode()
