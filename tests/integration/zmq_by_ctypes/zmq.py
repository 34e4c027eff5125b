"""What the ten lines of proto/README.md take from pyzmq, on libzmq itself: for machines without pyzmq."""
import ctypes as c

_zmq = c.CDLL("libzmq.so.5")
for _name in ("zmq_ctx_new", "zmq_socket", "zmq_msg_data"):
    getattr(_zmq, _name).restype = c.c_void_p
_zmq.zmq_msg_size.restype = c.c_size_t
DEALER = 5


class Context:
    def __init__(self):
        self._context = c.c_void_p(_zmq.zmq_ctx_new())

    def socket(self, kind):
        return Socket(c.c_void_p(_zmq.zmq_socket(self._context, kind)))


class Socket:
    def __init__(self, socket):
        self._socket = socket

    def connect(self, address):
        assert _zmq.zmq_connect(self._socket, address.encode()) == 0

    def send_string(self, text):
        data = text.encode()
        assert _zmq.zmq_send(self._socket, data, c.c_size_t(len(data)), 0) == len(data)

    def recv(self):
        message = c.create_string_buffer(64)  # a zmq_msg_t
        _zmq.zmq_msg_init(message)
        assert _zmq.zmq_msg_recv(message, self._socket, 0) >= 0
        data = c.string_at(_zmq.zmq_msg_data(message), _zmq.zmq_msg_size(message))
        _zmq.zmq_msg_close(message)
        return data
