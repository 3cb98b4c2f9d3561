#include "cli/command.h"

int main(int argc, char **argv)
{
    return cn_cli_main(argc, argv);
}
