const __t0 = performance.now();
;globalThis.__ev = [__t0, performance.now()];
