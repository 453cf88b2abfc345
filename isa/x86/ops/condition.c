/* SETcc and CMOVcc: the handlers of setcc.h. */
#include "isa/x86/handlers.h"
#include "isa/x86/ops/forms.h"
#include "isa/x86/ops/setcc.h"

#define SETCC(cc) FAST_HANDLER(set##cc##_r) HANDLER_WITH_TWIN(set##cc##_m)
CONDITIONS(SETCC)

#define CMOVCC_(cc, w) FAST_HANDLER(cmov##cc##_##w##_r) HANDLER_WITH_TWIN(cmov##cc##_##w##_m)
#define CMOVCC(cc) NO_BYTE_RM(cmov##cc) CMOVCC_(cc, w) CMOVCC_(cc, d) CMOVCC_(cc, q)
CONDITIONS(CMOVCC)
