// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The cage around everything that reads mail from the world. Private to message/.

namespace mailkeep::message {

// From here on this process can read standard input, write standard output, use memory and end;
// opening a file is refused, and any other system call kills it. There is no way back. False if the
// kernel refuses.
bool confine_this_process();

}  // namespace mailkeep::message
