/*
 * Tokens of the language, by re2c.  Builds no values: see literal.c.
 */
#include "cel/parser.h"
#include "grammar.h"

/* What no token begins with is named as a whole, as the curly quotes of word processors. */
static const char *end_of_character(const char *cursor, const char *limit)
{
    while (cursor < limit && (*(const unsigned char *)cursor & 0xc0) == 0x80) {
        cursor++;
    }
    return cursor;
}

int cn_cel_lex(cn_str source, size_t *offset, struct cn_cel_token *token_out)
{
    const char *cursor = source.ptr + *offset;
    const char *const limit = source.ptr + source.len;
    const char *marker = cursor;
    const char *start;
    int code;

    for (;;) {
        start = cursor;
        /*!re2c
            re2c:api:style = free-form;
            re2c:define:YYCTYPE = "unsigned char";
            re2c:define:YYPEEK = "*(const unsigned char *)cursor";
            re2c:define:YYCURSOR = cursor;
            re2c:define:YYLIMIT = limit;
            re2c:define:YYMARKER = marker;
            re2c:yyfill:enable = 0;
            re2c:eof = 0;

            hex      = [0-9a-fA-F];
            digits   = [0-9]+;
            exponent = [eE] [+-]? digits;
            escape   = "\\" ([abfnrtv"'`?\\] | [xX] hex{2} | "u" hex{4} | "U" hex{8} | [0-3] [0-7]{2});
            q1       = "'" (escape | [^\\'\n\r])* "'";
            q2       = "\"" (escape | [^\\"\n\r])* "\"";
            q3       = "'''" ("'"{0,2} (escape | [^\\']))* "'''";
            q4       = "\"\"\"" ("\""{0,2} (escape | [^\\"]))* "\"\"\"";
            r1       = "'" [^'\n\r]* "'";
            r2       = "\"" [^"\n\r]* "\"";
            r3       = "'''" ("'"{0,2} [^'])* "'''";
            r4       = "\"\"\"" ("\""{0,2} [^"])* "\"\"\"";
            text     = q1 | q2 | q3 | q4 | [rR] (r1 | r2 | r3 | r4);

            *                                      { cursor = end_of_character(cursor, limit); code = -1; break; }
            $                                      { code = 0; break; }
            [ \t\n\r\f]+ | "//" [^\n]*             { continue; }
            digits | "0x" hex+                     { code = CN_CEL_TOKEN_INT; break; }
            (digits | "0x" hex+) [uU]              { code = CN_CEL_TOKEN_UINT; break; }
            digits "." digits exponent? | digits exponent | "." digits exponent?
                                                   { code = CN_CEL_TOKEN_DOUBLE; break; }
            text                                   { code = CN_CEL_TOKEN_STRING; break; }
            [bB] text                              { code = CN_CEL_TOKEN_BYTES; break; }
            "true"                                 { code = CN_CEL_TOKEN_TRUE; break; }
            "false"                                { code = CN_CEL_TOKEN_FALSE; break; }
            "null"                                 { code = CN_CEL_TOKEN_NULL; break; }
            "in"                                   { code = CN_CEL_TOKEN_IN; break; }
            [_a-zA-Z][_a-zA-Z0-9]*                 { code = CN_CEL_TOKEN_IDENT; break; }
            "`" [-_a-zA-Z0-9./ ]+ "`"              { code = CN_CEL_TOKEN_QUOTED; break; }
            "=="                                   { code = CN_CEL_TOKEN_EQ; break; }
            "!="                                   { code = CN_CEL_TOKEN_NE; break; }
            "<"                                    { code = CN_CEL_TOKEN_LT; break; }
            "<="                                   { code = CN_CEL_TOKEN_LE; break; }
            ">"                                    { code = CN_CEL_TOKEN_GT; break; }
            ">="                                   { code = CN_CEL_TOKEN_GE; break; }
            "&&"                                   { code = CN_CEL_TOKEN_AND; break; }
            "||"                                   { code = CN_CEL_TOKEN_OR; break; }
            "!"                                    { code = CN_CEL_TOKEN_NOT; break; }
            "+"                                    { code = CN_CEL_TOKEN_PLUS; break; }
            "-"                                    { code = CN_CEL_TOKEN_MINUS; break; }
            "*"                                    { code = CN_CEL_TOKEN_TIMES; break; }
            "/"                                    { code = CN_CEL_TOKEN_SLASH; break; }
            "%"                                    { code = CN_CEL_TOKEN_PERCENT; break; }
            "?"                                    { code = CN_CEL_TOKEN_QUESTION; break; }
            ":"                                    { code = CN_CEL_TOKEN_COLON; break; }
            "."                                    { code = CN_CEL_TOKEN_DOT; break; }
            ","                                    { code = CN_CEL_TOKEN_COMMA; break; }
            "("                                    { code = CN_CEL_TOKEN_LPAREN; break; }
            ")"                                    { code = CN_CEL_TOKEN_RPAREN; break; }
            "["                                    { code = CN_CEL_TOKEN_LBRACKET; break; }
            "]"                                    { code = CN_CEL_TOKEN_RBRACKET; break; }
            "{"                                    { code = CN_CEL_TOKEN_LBRACE; break; }
            "}"                                    { code = CN_CEL_TOKEN_RBRACE; break; }
        */
    }
    token_out->offset = (uint32_t)(start - source.ptr);
    token_out->length = (uint32_t)(cursor - start);
    *offset = (size_t)(cursor - source.ptr);
    return code;
}
