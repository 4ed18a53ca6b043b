; type: socket_filter
r1 = 21
call twice
exit
twice: r0 = r1
r0 += r1
exit
