again: goto again
exit
