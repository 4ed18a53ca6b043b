r0 = 2
r0 += foo
exit
