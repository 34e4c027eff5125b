"""The four calls of pyzmq that the JSON channel needs, on libzmq's C interface, for a Python without that module."""
import ctypes
z = ctypes.CDLL("libzmq.so.5")
z.zmq_ctx_new.restype = z.zmq_socket.restype = ctypes.c_void_p
z.zmq_socket.argtypes = [ctypes.c_void_p, ctypes.c_int]
z.zmq_connect.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
z.zmq_setsockopt.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
z.zmq_send.argtypes = z.zmq_recv.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
DEALER = 5
class Socket:
    def __init__(self, handle):
        self.handle, self.buffer = handle, ctypes.create_string_buffer(1 << 20)
    def __setattr__(self, name, value):
        options = {"curve_publickey": 48, "curve_secretkey": 49, "curve_serverkey": 50}
        if name in options:
            assert z.zmq_setsockopt(self.handle, options[name], value, len(value)) == 0
        self.__dict__[name] = value
    def connect(self, address):
        assert z.zmq_connect(self.handle, address.encode()) == 0
    def send_string(self, text):
        assert z.zmq_send(self.handle, text.encode(), len(text.encode()), 0) >= 0
    def recv(self):
        size = z.zmq_recv(self.handle, self.buffer, 1 << 20, 0)
        return self.buffer.raw[:size]
class Context:
    def __init__(self):
        self.handle = z.zmq_ctx_new()
    def socket(self, kind):
        return Socket(z.zmq_socket(self.handle, kind))
