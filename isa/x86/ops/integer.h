/* Operations of the integer family, by form: see operations.h. */
#pragma once

#define INTEGER_PLAIN(X) \
    X(xlat) X(salc) X(cmpxchg8b) X(cmpxchg16b) \
    X(aaa) X(aas) X(aam) X(aad) X(daa) X(das) \
    X(aaa_86) X(aas_86) X(aam_86) X(push_sp_86) X(pop_cs_86)
#define INTEGER_WIDTH(X) \
    X(cbw) X(cwd) X(bswap) X(movbe_load) X(movbe_store) \
    X(enter) X(pusha) X(popa) X(bound) \
    X(movs) X(stos) X(lods) X(cmps) X(scas)
#define INTEGER_RM(X) \
    X(seto) X(setno) X(setb) X(setnb) X(setz) X(setnz) X(setbe) X(setnbe) \
    X(sets) X(setns) X(setp) X(setnp) X(setl) X(setnl) X(setle) X(setnle)
#define INTEGER_RM_W(X) \
    X(cmovo) X(cmovno) X(cmovb) X(cmovnb) X(cmovz) X(cmovnz) X(cmovbe) X(cmovnbe) \
    X(cmovs) X(cmovns) X(cmovp) X(cmovnp) X(cmovl) X(cmovnl) X(cmovle) X(cmovnle) \
    X(xchg) X(xadd) X(cmpxchg) X(mul) X(imul) X(div) X(idiv) \
    X(shld) X(shld_cl) X(shrd) X(shrd_cl) \
    X(bt) X(bts) X(btr) X(btc) X(bt_imm) X(bts_imm) X(btr_imm) X(btc_imm) \
    X(bsf) X(bsr) X(tzcnt) X(lzcnt) X(popcnt) X(adcx) X(adox) \
    X(andn) X(bextr) X(blsi) X(blsmsk) X(blsr) X(bzhi) X(pdep) X(pext) X(mulx) \
    X(sarx) X(shlx) X(shrx) X(rorx) \
    X(rol_86) X(ror_86) X(rcl_86) X(rcr_86) X(shl_86) X(shr_86) X(sar_86) \
    X(setmo_86) X(setmoc_86) X(div_86) X(idiv_86) X(idiv_neg_86) X(mul_neg_86) X(imul_neg_86)
#define INTEGER_MUL2(X) X(imul2) X(imul3)
#define INTEGER_SHIFT2(X) \
    X(shl) X(shr) X(sar) X(rol) X(ror) X(rcl) X(rcr)
