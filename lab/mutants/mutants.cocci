// SPDX-License-Identifier: GPL-2.0-only
//
// Marks the places of mutants: LAB_SKIP(a statement), LAB_COND(a condition), LAB_PLUS(a bound or an
// index), LAB_RETURN(a return value), LAB_TRY(an attempt to lock).  mutants.awk numbers them.

@condition@
expression E;
statement S1, S2;
@@
 if (
-E
+LAB_COND(E)
 ) S1 else S2

@loop@
expression E;
statement S;
@@
 while (
-E
+LAB_COND(E)
 ) S

@value@
expression E;
@@
 return
-E
+LAB_RETURN(E)
 ;

@bound@
expression A, B;
@@
(
 A <
-B
+LAB_PLUS(B)
|
 A >=
-B
+LAB_PLUS(B)
|
-A
+LAB_PLUS(A)
 > B
|
-A
+LAB_PLUS(A)
 <= B
)

// Not pointers: their mutants are invalid addresses, which end in an oops.
@integer@
typedef pgoff_t, gfn_t, loff_t, kvm_pfn_t, hva_t, u64;
type T = {int, unsigned int, long, unsigned long, pgoff_t, gfn_t, loff_t, kvm_pfn_t, hva_t, u64};
identifier i;
constant C;
T x;
expression E;
@@
(
 T i = C;
|
 T i =
-E
+LAB_PLUS(E)
 ;
|
 x = C;
|
 x = -C;
|
 x =
-E
+LAB_PLUS(E)
 ;
)

@truth@
typedef bool;
identifier i;
expression E;
@@
 bool i =
-E
+LAB_COND(E)
 ;

@try@
identifier f =~ "trylock";
expression list es;
@@
-f(es)
+LAB_TRY(f(es))

@call@
expression f;
expression list es;
@@
-f(es);
+LAB_SKIP(f(es));

@assignment@
expression X, E;
assignment operator op;
@@
-X op E;
+LAB_SKIP(X op E);
