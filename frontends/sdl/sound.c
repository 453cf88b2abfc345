/* The speaker, as samples queued with SDL; the device is open only while something sounds. */
#include "frontends/sdl/sdl.h"

#include "core/machine.h"
#include "frontends/session.h"
#include "frontends/wave.h"

#include <SDL2/SDL.h>
#include <stdlib.h>

enum { BUFFER = 512 };              /* samples that the host takes at once */
/* Queued: so much before it begins, and no more than that. */
enum { AHEAD = WAVE_HZ / 25, MOST = WAVE_HZ / 5 };
#define LINGER  (20 * SECOND)       /* of virtual time without a sound: the device is closed */

struct sound {
    struct audio      audio;
    struct session   *session;
    struct wave       wave;
    SDL_AudioDeviceID device;       /* 0: closed */
    bool              failed;       /* the host has no sound */
    u64               last;         /* when something moved */
};

static void move(struct audio *a, u64 when, bool out)
{
    struct sound *s = container_of(a, struct sound, audio);

    wave_move(&s->wave, when, out);
    s->last = when;
}

static bool open_device(struct sound *s)
{
    SDL_AudioSpec want = {
        .freq = WAVE_HZ, .format = AUDIO_S16SYS, .channels = 1, .samples = BUFFER,
    };

    if (s->device || s->failed)
        return s->device;
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) == 0)
        s->device = SDL_OpenAudioDevice(NULL, 0, &want, NULL, 0);
    s->failed = !s->device;
    return s->device;
}

static void close_device(struct sound *s)
{
    if (s->device)
        SDL_CloseAudioDevice(s->device);
    s->device = 0;
}

/* What runs dry begins again with some silence, so that small delays are not heard. */
static void queue(struct sound *s, u32 count)
{
    static const s16 silence[AHEAD];
    u32 queued = SDL_GetQueuedAudioSize(s->device) / sizeof(s16);

    if (queued > MOST)
        return;
    if (queued == 0)
        SDL_QueueAudio(s->device, silence, sizeof silence);
    SDL_QueueAudio(s->device, s->wave.sample, count * (u32)sizeof(s16));
    SDL_PauseAudioDevice(s->device, 0);
}

void sdl_feed_sound(struct audio *a)
{
    struct sound *s = container_of(a, struct sound, audio);
    u64 now = s->session->machine->clock.now;
    u32 count = wave_take(&s->wave, now);

    if (count && open_device(s))
        queue(s, count);
    if (s->device && now > s->last && now - s->last > LINGER)
        close_device(s);
}

struct audio *sdl_open_sound(struct session *session)
{
    static const struct audio_ops ops = { move };
    struct sound *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->audio.ops = &ops;
    s->session = session;
    return &s->audio;
}

void sdl_close_sound(struct audio *a)
{
    if (!a)
        return;
    close_device(container_of(a, struct sound, audio));
    free(container_of(a, struct sound, audio));
}
