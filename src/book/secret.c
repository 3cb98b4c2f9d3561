#include "book/secret.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "base/str.h"

enum {
    RANDOM_MAX_BYTES = 64,
};

_Static_assert(CN_PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "room for the hash");
_Static_assert(crypto_auth_hmacsha256_KEYBYTES == 32, "the key's size");
_Static_assert(CN_SECRET_HASH_BYTES == crypto_hash_sha256_BYTES * 2 + 1, "room for the hash");

void cn_secret_make(const char *prefix, char *text_out, size_t size)
{
    unsigned char random[RANDOM_MAX_BYTES];
    char
        text[sodium_base64_ENCODED_LEN(RANDOM_MAX_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    size_t prefix_len = strlen(prefix);
    assert(size > prefix_len + 1 && size - prefix_len - 1 <= sizeof(text) - 1);
    cn_random_bytes(random, sizeof(random));
    (void)sodium_bin2base64(text, sizeof(text), random, sizeof(random),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING); /* cannot fail */
    memcpy(text_out, prefix, prefix_len);
    memcpy(text_out + prefix_len, text, size - prefix_len - 1);
    text_out[size - 1] = '\0';
}

void cn_secret_hash(cn_str token, char hash_out[CN_SECRET_HASH_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(hash, (const unsigned char *)token.ptr, token.len); /* always 0 */
    (void)sodium_bin2hex(hash_out, CN_SECRET_HASH_BYTES, hash, sizeof(hash));
}

void cn_secret_mac(const unsigned char key[32], cn_str text, char mac_out[CN_MAC_BYTES])
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    (void)crypto_auth_hmacsha256(mac, (const unsigned char *)text.ptr, text.len,
                                 key); /* always 0 */
    (void)sodium_bin2base64(mac_out, CN_MAC_BYTES, mac, sizeof(mac),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING); /* cannot fail */
}

cn_str cn_secret_hint(cn_str token)
{
    return cn_str_slice(token, token.len > 4 ? token.len - 4 : 0, token.len);
}

bool cn_password_hash(cn_str password, char hash_out[CN_PASSWORD_HASH_BYTES], struct cn_error *err)
{
    if (sodium_init() < 0) {
        return cn_fail(err, CN_INTERNAL, "libsodium does not start");
    }
    memset(hash_out, 0, CN_PASSWORD_HASH_BYTES);
    return crypto_pwhash_str(hash_out, password.ptr, password.len,
                             crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0 ||
           cn_fail(err, CN_UNAVAILABLE, "no memory to hash a password");
}

/* libsodium wants a NUL.  False if it is none that was ever stored. */
static bool hash_text(cn_str hash, char text_out[CN_PASSWORD_HASH_BYTES])
{
    if (hash.len == 0 || hash.len >= CN_PASSWORD_HASH_BYTES) {
        return false;
    }
    memset(text_out, 0, CN_PASSWORD_HASH_BYTES);
    memcpy(text_out, hash.ptr, hash.len);
    return true;
}

bool cn_password_hash_valid(cn_str hash)
{
    char text[CN_PASSWORD_HASH_BYTES];
    return hash_text(hash, text) &&
           crypto_pwhash_str_needs_rehash(text, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                          crypto_pwhash_MEMLIMIT_INTERACTIVE) >= 0;
}

bool cn_password_fits(cn_str password, cn_str hash)
{
    char text[CN_PASSWORD_HASH_BYTES];
    struct cn_error ignored; /* out of memory: the answer is no all the same */
    if (!hash_text(hash, text)) {
        bool hashed = cn_password_hash(password, text, &ignored);
        (void)hashed; /* only its time was wanted */
        return false;
    }
    return sodium_init() >= 0 && crypto_pwhash_str_verify(text, password.ptr, password.len) == 0;
}
