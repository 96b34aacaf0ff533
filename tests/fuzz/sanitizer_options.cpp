// Every input allocates and frees small pieces, and most throw: short traces and a short memory of what was freed make
// that several times cheaper, and miss nothing that happens within one input.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=4:quarantine_size_mb=4:thread_local_quarantine_size_kb=64";
}
