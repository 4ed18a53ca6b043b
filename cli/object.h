// The object argument of every command: an ELF object, a C file or assembler text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "cli/edits.h"
#include "cli/kconfig.h"
#include "cli/options.h"

namespace bpftwin::cli {

/// Where an object comes from, as the command line says.
struct ObjectArguments {
    std::string path;
    std::string type = {};  ///< Program type by name; empty: as the object says.
    std::string btf = {};   ///< File with a kernel's types; empty: the running kernel's.
    EditArguments edits = {};
    KconfigArguments kconfig = {};
};

/// Adds OBJ, --type and the options of cli/edits.h to a command.
void add_object_arguments(Options options, ObjectArguments& arguments);

/// Adds what says for which kernel an object is made ready.
void add_kernel_arguments(Options options, ObjectArguments& arguments);

/// Opens the object: `.c` is compiled, `.s` and `.bpfasm` are assembled, all else is read as ELF;
/// then changes it as the arguments say.
Result<ObjectSpec> open_object(const ObjectArguments& arguments);

/// An object that can run here.
struct ReadyObject {
    ObjectSpec spec;
    std::shared_ptr<const Btf> kernel_types;  ///< That it was made ready for; null: not read.
    bool is_this_machine;                     ///< Whether that is this machine's kernel.
};

/// Opens the object and makes it ready for the kernel whose types were chosen, to be run here. (A
/// kernel that an object is loaded into is asked by its engine.)
Result<ReadyObject> open_ready_object(const ObjectArguments& arguments);

/// The types that the kernel objects of a run are laid out by: those that the object was made ready
/// for, or where programs work with such objects, those of this machine.
/// @param wanted whether the user describes objects. @return null where nobody needs or has them.
std::shared_ptr<const Btf> object_types(const ReadyObject& ready, bool wanted);

/// The program called `name`; with an empty name the only one of the object.
/// @return an Error that lists the programs if that does not name one.
Result<ProgramSpec*> choose_program(ObjectSpec& object, const std::string& name);

}  // namespace bpftwin::cli
