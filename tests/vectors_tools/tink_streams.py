"""Google Tink's AES256_GCM_HKDF_1MB under a key of our choice: the independent judge of the file format."""

import io
from typing import cast

import tink
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

TYPE_URL = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"


def primitive(key: bytes) -> streaming_aead.StreamingAead:
    streaming_aead.register()
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=1 << 20, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    value = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, params=params, key_value=key)
    data = tink_pb2.KeyData(
        type_url=TYPE_URL, value=value.SerializeToString(), key_material_type=tink_pb2.KeyData.SYMMETRIC
    )
    entry = tink_pb2.Keyset.Key(key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[entry])
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return cast("streaming_aead.StreamingAead", handle.primitive(streaming_aead.StreamingAead))


class _KeptBytes(io.BytesIO):
    """Tink closes what it wrote to; its bytes are kept."""

    kept = b""

    def close(self) -> None:
        self.kept = self.getvalue()
        super().close()


def seal(key: bytes, aad: bytes, plaintext: bytes) -> bytes:
    destination = _KeptBytes()
    with primitive(key).new_encrypting_stream(destination, aad) as stream:
        stream.write(plaintext)
    return destination.kept


def open_(key: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    with primitive(key).new_decrypting_stream(io.BytesIO(ciphertext), aad) as stream:
        return cast("bytes", stream.read())
