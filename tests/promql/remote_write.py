"""Remote write 1.0 in the standard library: protobuf by hand, snappy as literals only."""
import struct
import urllib.request


def varint(n):
    out = bytearray()
    n &= (1 << 64) - 1
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def encode_labels(labels):
    return b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in sorted(labels.items()))


def encode_sample(time_ms, value):
    bits = value if isinstance(value, bytes) else struct.pack("<d", value)
    return field(2, b"\x09" + bits + b"\x10" + varint(time_ms))


STALE = struct.pack("<Q", 0x7FF0000000000002)


def snappy_literals(data):
    out = bytearray(varint(len(data)))
    for at in range(0, len(data), 65536):
        piece = data[at:at + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def push(url, series):
    """series: [(encoded labels, [(time_ms, value)])]"""
    body = b"".join(field(1, labels + b"".join(encode_sample(t, v) for t, v in samples)) for labels, samples in series)
    request = urllib.request.Request(url + "/api/v1/write", data=snappy_literals(body), method="POST", headers={
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0"})
    urllib.request.urlopen(request, timeout=60).read()


def push_in_order(urls, series, slice_ms=600_000, batch=500):
    """Slice by slice of time, as a server that takes no old samples wants it."""
    encoded = [(encode_labels(labels), samples) for labels, samples in series]
    times = [t for _, samples in encoded for t, _ in samples]
    at = [0] * len(encoded)
    for end in range(min(times) + slice_ms, max(times) + slice_ms + 1, slice_ms):
        request = []
        for i, (labels, samples) in enumerate(encoded):
            begin = at[i]
            while at[i] < len(samples) and samples[at[i]][0] < end:
                at[i] += 1
            if at[i] > begin:
                request.append((labels, samples[begin:at[i]]))
        for first in range(0, len(request), batch):
            for url in urls:
                push(url, request[first:first + batch])
