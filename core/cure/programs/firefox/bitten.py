import sys

from drive import drive

# An ordinary window: everybody is there.
drive(sys.argv[1:], lambda who: 0)
