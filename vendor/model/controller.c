/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The interrupt controller as SDM 10.8.3 to 10.8.5 has it: a class is a vector's high four bits; an interrupt is
 * offered if its class is above the class of everything in service; acknowledging moves it there; EOI retires the
 * highest one in service, whichever the guest meant.
 */
#include "model.h"

static int top(const bool *bits)
{
    for (int v = 255; v >= 16; v--)
        if (bits[v])
            return v;
    return MODEL_NONE;
}

void model_request(struct model_controller *c, uint8_t vector)
{
    c->requested[vector] = true;
}

int model_serving(const struct model_controller *c)
{
    return top(c->in_service);
}

int model_highest(const struct model_controller *c)
{
    const int vector = top(c->requested);
    const int serving = top(c->in_service);

    if (vector == MODEL_NONE || (serving != MODEL_NONE && vector / 16 <= serving / 16))
        return MODEL_NONE;
    return vector;
}

int model_acknowledge(struct model_controller *c)
{
    const int vector = model_highest(c);

    if (vector != MODEL_NONE) {
        c->requested[vector] = false;
        c->in_service[vector] = true;
    }
    return vector;
}

int model_eoi(struct model_controller *c)
{
    const int vector = top(c->in_service);

    if (vector != MODEL_NONE)
        c->in_service[vector] = false;
    return vector;
}
