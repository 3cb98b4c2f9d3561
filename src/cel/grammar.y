// The grammar of the language, by lemon, as of the CEL specification ("Syntax").
// Actions call the builders of parser.h.
%include {
/* Generated from grammar.y. */
#include <assert.h>

#include "cel/parser.h"

#define NO_TOKEN ((struct cn_cel_token){ 0, 0 })
#define NO_NODES ((struct cn_cel_nodes){ 0 })
}
%name cn_cel_grammar
%token_prefix CN_CEL_TOKEN_
%token_type { struct cn_cel_token }
%default_type { struct cn_cel_node * }
%extra_argument { struct cn_cel_parser *parser }
%stack_size 1200

%type balanced_or { struct cn_cel_nodes }
%type balanced_and { struct cn_cel_nodes }
%type args { struct cn_cel_nodes }
%type arg_list { struct cn_cel_nodes }
%type items { struct cn_cel_nodes }
%type item_list { struct cn_cel_nodes }
%type entries { struct cn_cel_nodes }
%type entry_list { struct cn_cel_nodes }
%type fields { struct cn_cel_nodes }
%type field_list { struct cn_cel_nodes }
%type field_name { struct cn_cel_token }

// "-" before a number belongs to the number: see `literal`.
%nonassoc SIGN.
%nonassoc INT DOUBLE.

%syntax_error {
    cn_cel_fail_token(parser, TOKEN);
}
%stack_overflow {
    cn_cel_fail_at(parser, CN_CEL_PROBLEM_TOO_LARGE, parser->at, 1, "nested too deeply");
}

start ::= expr(A). { parser->root = A; }

expr(A) ::= or(B). { A = B; }
expr(A) ::= or(B) QUESTION(M) or(C) COLON expr(D). { A = cn_cel_build_ternary(parser, M, B, C, D); }

or(A) ::= balanced_or(B). { A = cn_cel_build_balanced(parser, "_||_", B); }
balanced_or(A) ::= and(B). { A = cn_cel_nodes_add(NO_NODES, B); }
balanced_or(A) ::= balanced_or(B) OR and(C). { A = cn_cel_nodes_add(B, C); }

and(A) ::= balanced_and(B). { A = cn_cel_build_balanced(parser, "_&&_", B); }
balanced_and(A) ::= relation(B). { A = cn_cel_nodes_add(NO_NODES, B); }
balanced_and(A) ::= balanced_and(B) AND relation(C). { A = cn_cel_nodes_add(B, C); }

relation(A) ::= sum(B). { A = B; }
relation(A) ::= relation(B) LT(M) sum(C). { A = cn_cel_build_operator(parser, "_<_", M, B, C); }
relation(A) ::= relation(B) LE(M) sum(C). { A = cn_cel_build_operator(parser, "_<=_", M, B, C); }
relation(A) ::= relation(B) GT(M) sum(C). { A = cn_cel_build_operator(parser, "_>_", M, B, C); }
relation(A) ::= relation(B) GE(M) sum(C). { A = cn_cel_build_operator(parser, "_>=_", M, B, C); }
relation(A) ::= relation(B) EQ(M) sum(C). { A = cn_cel_build_operator(parser, "_==_", M, B, C); }
relation(A) ::= relation(B) NE(M) sum(C). { A = cn_cel_build_operator(parser, "_!=_", M, B, C); }
relation(A) ::= relation(B) IN(M) sum(C). { A = cn_cel_build_operator(parser, "@in", M, B, C); }

sum(A) ::= product(B). { A = B; }
sum(A) ::= sum(B) PLUS(M) product(C). { A = cn_cel_build_operator(parser, "_+_", M, B, C); }
sum(A) ::= sum(B) MINUS(M) product(C). { A = cn_cel_build_operator(parser, "_-_", M, B, C); }

product(A) ::= unary(B). { A = B; }
product(A) ::= product(B) TIMES(M) unary(C). { A = cn_cel_build_operator(parser, "_*_", M, B, C); }
product(A) ::= product(B) SLASH(M) unary(C). { A = cn_cel_build_operator(parser, "_/_", M, B, C); }
product(A) ::= product(B) PERCENT(M) unary(C). { A = cn_cel_build_operator(parser, "_%_", M, B, C); }

unary(A) ::= member(B). { A = B; }
unary(A) ::= nots(B). { A = B; }
unary(A) ::= negatives(B). { A = B; }
nots(A) ::= NOT(M) member(B). { A = cn_cel_build_unary(parser, "!_", M, B); }
nots(A) ::= NOT(M) nots(B). { A = cn_cel_build_unary(parser, "!_", M, B); }
negatives(A) ::= minus(M) member(B). { A = cn_cel_build_unary(parser, "-_", M, B); }
negatives(A) ::= minus(M) negatives(B). { A = cn_cel_build_unary(parser, "-_", M, B); }
%type minus { struct cn_cel_token }
minus(A) ::= MINUS(B). [SIGN] { A = B; }

member(A) ::= primary(B). { A = B; }
member(A) ::= member(B) DOT field_name(C). { A = cn_cel_build_select(parser, B, C, false); }
member(A) ::= member(B) DOT QUESTION field_name(C). { A = cn_cel_build_select(parser, B, C, true); }
member(A) ::= member(B) DOT IDENT(C) LPAREN args(D) RPAREN(E).
    { A = cn_cel_build_call(parser, B, C, D, E); }
member(A) ::= member(B) LBRACKET expr(C) RBRACKET(E).
    { A = cn_cel_build_index(parser, B, C, E, false); }
member(A) ::= member(B) LBRACKET QUESTION expr(C) RBRACKET(E).
    { A = cn_cel_build_index(parser, B, C, E, true); }
member(A) ::= member(B) LBRACE fields(C) RBRACE(E). { A = cn_cel_build_message(parser, B, C, E); }

field_name(A) ::= IDENT(B). { A = B; }
field_name(A) ::= QUOTED(B). { A = B; }

primary(A) ::= IDENT(B). { A = cn_cel_build_ident(parser, false, B); }
primary(A) ::= DOT IDENT(B). { A = cn_cel_build_ident(parser, true, B); }
primary(A) ::= IDENT(B) LPAREN args(C) RPAREN(E).
    { A = cn_cel_build_function(parser, false, B, C, E); }
primary(A) ::= DOT IDENT(B) LPAREN args(C) RPAREN(E).
    { A = cn_cel_build_function(parser, true, B, C, E); }
primary(A) ::= LPAREN expr(B) RPAREN. { A = B; A->is_parenthesised = true; }
primary(A) ::= LBRACKET(B) items(C) RBRACKET(E).
    { A = cn_cel_build_list(parser, CN_CEL_NODE_LIST, B, C, E); }
primary(A) ::= LBRACE(B) entries(C) RBRACE(E).
    { A = cn_cel_build_list(parser, CN_CEL_NODE_MAP, B, C, E); }
primary(A) ::= literal(B). { A = B; }

literal(A) ::= INT(B). { A = cn_cel_build_int(parser, NO_TOKEN, B); }
literal(A) ::= MINUS(S) INT(B). { A = cn_cel_build_int(parser, S, B); }
literal(A) ::= UINT(B). { A = cn_cel_build_uint(parser, B); }
literal(A) ::= DOUBLE(B). { A = cn_cel_build_double(parser, NO_TOKEN, B); }
literal(A) ::= MINUS(S) DOUBLE(B). { A = cn_cel_build_double(parser, S, B); }
literal(A) ::= STRING(B). { A = cn_cel_build_text(parser, B, false); }
literal(A) ::= BYTES(B). { A = cn_cel_build_text(parser, B, true); }
literal(A) ::= TRUE(B). { A = cn_cel_build_const(parser, B, cn_cel_bool(true)); }
literal(A) ::= FALSE(B). { A = cn_cel_build_const(parser, B, cn_cel_bool(false)); }
literal(A) ::= NULL(B).
    { A = cn_cel_build_const(parser, B, (struct cn_cel_value){ .kind = CN_CEL_NULL }); }

args(A) ::= . { A = NO_NODES; }
args(A) ::= arg_list(B). { A = B; }
arg_list(A) ::= expr(B). { A = cn_cel_nodes_add(NO_NODES, B); }
arg_list(A) ::= arg_list(B) COMMA expr(C). { A = cn_cel_nodes_add(B, C); }

items(A) ::= . { A = NO_NODES; }
items(A) ::= COMMA. { A = NO_NODES; }
items(A) ::= item_list(B). { A = B; }
items(A) ::= item_list(B) COMMA. { A = B; }
item_list(A) ::= item(B). { A = cn_cel_nodes_add(NO_NODES, B); }
item_list(A) ::= item_list(B) COMMA item(C). { A = cn_cel_nodes_add(B, C); }
item(A) ::= expr(B). { A = B; }
item(A) ::= QUESTION(M) expr(B). { A = cn_cel_mark_optional(parser, M, B); }

entries(A) ::= . { A = NO_NODES; }
entries(A) ::= COMMA. { A = NO_NODES; }
entries(A) ::= entry_list(B). { A = B; }
entries(A) ::= entry_list(B) COMMA. { A = B; }
entry_list(A) ::= entry(B). { A = cn_cel_nodes_add(NO_NODES, B); }
entry_list(A) ::= entry_list(B) COMMA entry(C). { A = cn_cel_nodes_add(B, C); }
entry(A) ::= expr(B) COLON expr(C). { A = cn_cel_build_entry(parser, B, C, false); }
entry(A) ::= QUESTION expr(B) COLON expr(C). { A = cn_cel_build_entry(parser, B, C, true); }

fields(A) ::= . { A = NO_NODES; }
fields(A) ::= COMMA. { A = NO_NODES; }
fields(A) ::= field_list(B). { A = B; }
fields(A) ::= field_list(B) COMMA. { A = B; }
field_list(A) ::= field(B). { A = cn_cel_nodes_add(NO_NODES, B); }
field_list(A) ::= field_list(B) COMMA field(C). { A = cn_cel_nodes_add(B, C); }
field(A) ::= field_name(B) COLON expr(C). { A = cn_cel_build_field(parser, B, C, false); }
field(A) ::= QUESTION field_name(B) COLON expr(C). { A = cn_cel_build_field(parser, B, C, true); }

%code {
void cn_cel_run_grammar(struct cn_cel_parser *parser)
{
    yyParser machine; /* fixed size: %stack_size bounds the nesting of the text */
    size_t offset = 0;
    cn_cel_grammarInit(&machine);
    for (;;) {
        struct cn_cel_token token = { 0, 0 };
        int code = cn_cel_lex(parser->source, &offset, &token);
        if (code < 0) {
            cn_cel_fail_token(parser, token);
            break;
        }
        parser->at = token.offset;
        cn_cel_grammar(&machine, code, token, parser);
        if (code == 0 || parser->failed) {
            break;
        }
    }
    cn_cel_grammarFinalize(&machine);
}
}
