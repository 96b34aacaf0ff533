// A file appears whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace assay {

/// Writes the parts one after another to a temporary file beside `path`, then renames it to `path`, replacing what was
/// there. If anything fails the temporary file is removed, what was there stays, and file_error is thrown. On file
/// systems that have files without names (O_TMPFILE) nothing is left even by a run that is killed. A symbolic link is
/// followed. What exists and is no regular file is refused.
void write_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);

}  // namespace assay
