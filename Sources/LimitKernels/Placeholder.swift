// LimitKernels
