; type: xdp
; 100000 rounds, so that entering the program does not show
r0 = 2
r1 = 100000
r1 += -1
if r1 != 0x0 goto -2
exit
