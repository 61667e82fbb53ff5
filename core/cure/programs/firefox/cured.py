import sys

from drive import drive

# A container for each identity: "-", "1" and "2" are the visits' identities.
drive(sys.argv[1:], lambda who: 1 + "-12".index(who))
