// How the rules of each language read a command line, and the rules themselves. Each answers with
// an empty name when the arguments do not tell.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "capture/discovery/clues.h"

namespace tarsier::capture::names {

using Words = std::vector<std::string_view>;
using Set = std::initializer_list<std::string_view>;

// Views into the clues.
std::string_view python(const Clues& clues);
std::string_view java(const Clues& clues);
std::string node(const Clues& clues);
std::string_view ruby(const Clues& clues);
std::string_view php(const Clues& clues);
std::string_view dotnet(const Clues& clues);

bool in(std::string_view word, Set set);

// argv behind the program, without options; `with_value` are those that take the next word.
// Nothing behind the first positional word is an option of the interpreter.
Words positional(const Words& arguments, Set with_value);

// The value of "--name value", "--name=value" or (for one letter) "-n value".
std::string_view option(const Words& words, Set names);

// The text within the last [brackets]: servers rewrite their command line like that.
std::string_view bracketed(std::string_view text);

// The folder that a project lives in, past those that only say how it was built.
std::string_view project_folder(std::string_view folder);

bool is_digit(char c);

}  // namespace tarsier::capture::names
