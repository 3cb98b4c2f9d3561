/*
 * Secrets of this folder: random tokens, their hashes, passwords (argon2id).  Only book/ includes
 * this header; libsodium is not seen outside of book/secret.c.
 */
#ifndef CAIRN_BOOK_SECRET_H
#define CAIRN_BOOK_SECRET_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CN_SECRET_HASH_BYTES = 65,    /* hex of SHA-256, with the NUL */
    CN_MAC_BYTES = 44,            /* base64url of HMAC-SHA256, with the NUL */
    CN_PASSWORD_HASH_BYTES = 128, /* as crypto_pwhash_str() writes it */
};

/* `prefix` and random characters of base64url, as many as fit, with a NUL. */
void cn_secret_make(const char *prefix, char *text_out, size_t size);

/* What is stored of a token: it has enough entropy that a fast hash is safe. */
void cn_secret_hash(cn_str token, char hash_out[CN_SECRET_HASH_BYTES]);

/* HMAC-SHA256 of the text under a key of 32 bytes. */
void cn_secret_mac(const unsigned char key[32], cn_str text, char mac_out[CN_MAC_BYTES]);

/* The last four characters. */
cn_str cn_secret_hint(cn_str token);

/* Fails with CN_UNAVAILABLE if there is no memory for it (64 MiB). */
CN_MUST_CHECK bool cn_password_hash(cn_str password, char hash_out[CN_PASSWORD_HASH_BYTES],
                                    struct cn_error *err);

/* Whether it is one that cn_password_fits() can compare with: Argon2 in its text form, of any cost.
 */
bool cn_password_hash_valid(cn_str hash);

/* hash "": no password fits, but it takes as long to find out. */
bool cn_password_fits(cn_str password, cn_str hash);

#endif
