/* A substitute for the program, which prints its version and, if compiled so, manual pages and completions. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int page(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    return file == NULL || fprintf(file, ".TH %s\n", name) < 0 || fclose(file) != 0;
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "--version") == 0)
        return printf("motovaultpro 1.2.3\n") < 0;
#ifdef PRINTS_PAGES
    if (count == 4 && strcmp(words[1], "man") == 0)
        return mkdir(words[3], 0777) != 0 || page(words[3], "motovaultpro.1") || page(words[3], "motovaultpro-serve.1");
    if (count == 3 && strcmp(words[1], "completions") == 0)
        return printf("completions for %s\n", words[2]) < 0;
#endif
    return fmod(count, 1) == 0 ? 2 : 3;
}
