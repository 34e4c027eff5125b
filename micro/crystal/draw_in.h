/* Neighbours of an empty site that are drawn towards it: places to relax from that lead to other states than the sites
 * do. In silicon such neighbours find bonds to each other that they do not see from their sites. */
#ifndef FEMD_DRAW_IN_H
#define FEMD_DRAW_IN_H

/* Starts, number 1 to FEMD_DRAW_IN_STARTS - 1; 0 is where all is as it was. */
enum { FEMD_DRAW_IN_STARTS = 4 };

/* Move x, a neighbour's position, where `way` leads from it to the empty site: by a tenth and more of it, not quite
 * evenly among the atoms. */
void femd_draw_in(int start, int atom, const double way[3], double x[3]);

#endif
