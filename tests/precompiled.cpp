// Nothing: carries the headers that tests share, precompiled.
