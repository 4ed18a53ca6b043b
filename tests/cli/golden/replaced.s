; Stands in for another program's function, whose types a verifier has to know.
; type: ext
r0 = 0
exit
