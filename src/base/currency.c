#include "base/currency.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    CODE_BYTES = 3,
    TOLD_MAX_BYTES = 12 /* of a text that is none, in the message */
};

/*
 * List one of ISO 4217 as of 2026, with the funds codes in which contracts are written (CLF, UYI)
 * but without metals, bond units and the codes for tests and for no currency.  Of list three those
 * that were withdrawn after 2020: contracts of the years before are told, too.  Sorted.
 */
static const char codes[][CODE_BYTES + 1] = {
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
    "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD",
    "CAD", "CDF", "CHE", "CHF", "CHW", "CLF", "CLP", "CNY", "COP", "COU", "CRC", "CUC", "CUP",
    "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
    "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR",
    "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW",
    "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA",
    "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD",
    "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG",
    "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP",
    "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED",
    "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XDR", "XOF", "XPF", "YER", "ZAR", "ZMW",
    "ZWG", "ZWL",
};

static int compare(const void *text, const void *code)
{
    return memcmp(text, code, CODE_BYTES);
}

/* The code of these three bytes, or NULL. */
static const char *find(const char *text)
{
    return bsearch(text, codes, CN_ARRAY_LEN(codes), sizeof(codes[0]), compare);
}

/* The code that somebody may have meant who wrote "eur", "EURO" or "ERU", or NULL. */
static const char *meant_by(cn_str text)
{
    char start[CODE_BYTES];
    if (text.len < CODE_BYTES) {
        return NULL;
    }
    for (size_t i = 0; i < CODE_BYTES; i++) {
        const char c = text.ptr[i];
        start[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    const char *meant = find(start);
    for (size_t i = 0; meant == NULL && text.len == CODE_BYTES && i + 1 < CODE_BYTES; i++) {
        const char swapped[CODE_BYTES] = { start[i == 0 ? 1 : 0], start[i == 0 ? 0 : 2],
                                           start[i == 0 ? 2 : 1] };
        meant = find(swapped);
    }
    return meant;
}

bool cn_currency_check(cn_str text, struct cn_error *err)
{
    if (text.len == CODE_BYTES && find(text.ptr) != NULL) {
        return true;
    }
    const char *meant = meant_by(text);
    const cn_str told = text.len <= TOLD_MAX_BYTES ? text : CN_STR("...");
    if (meant != NULL) {
        return cn_fail(err, CN_MALFORMED, "\"%.*s\" is no currency: did you mean %s?",
                       CN_STR_ARG(told), meant);
    }
    return cn_fail(err, CN_MALFORMED,
                   "\"%.*s\" is no currency: give a code of ISO 4217, such as EUR",
                   CN_STR_ARG(told));
}
