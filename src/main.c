#include "base/arena.h"

#include "cli/command.h"

int main(int argc, char **argv)
{
    cn_heap_tune();
    return cn_cli_main(argc, argv);
}
