/* What the library tells hosts of MFront's "generic" interface of itself: by each behaviour's name about forty symbols,
 * which MGIS and TFEL look up, and the function that integrates. Three dimensions alone; a material's axes are
 * libfemd's affair, so that to the host all are isotropic. */
#include <stddef.h>
#include <stdio.h>

#include "mfront.h"

#define SHOWN __attribute__((visibility("default")))
#define TELL(name, what, value)                                                                                        \
    SHOWN extern const unsigned short name##what;                                                                      \
    const unsigned short name##what = (value);
#define TELL_TEXT(name, what, text)                                                                                    \
    SHOWN extern const char *const name##what;                                                                         \
    const char *const name##what = text;
#define TELL_LIST(name, what, ...)                                                                                     \
    SHOWN extern const char *const name##what[];                                                                       \
    const char *const name##what[] = {__VA_ARGS__};
#define TELL_NUMBERS(name, what, ...)                                                                                  \
    SHOWN extern const int name##what[];                                                                               \
    const int name##what[] = {__VA_ARGS__};
#define TELL_NO_LIST(name, what)                                                                                       \
    SHOWN extern const char *const *const name##what;                                                                  \
    const char *const *const name##what = NULL;
#define TELL_NO_NUMBERS(name, what)                                                                                    \
    SHOWN extern const int *const name##what;                                                                          \
    const int *const name##what = NULL;

/* The same for all. */
#define TELL_USUAL(name)                                                                                               \
    TELL_TEXT(name, _mfront_ept, #name)                                                                                \
    TELL(name, _mfront_mkt, 1)                                                                                         \
    TELL_TEXT(name, _mfront_interface, "Generic")                                                                      \
    TELL(name, _api_version, MFRONT_API_VERSION)                                                                       \
    TELL_TEXT(name, _unit_system, "SI")                                                                                \
    TELL_TEXT(name, _src, "femd " FEMD_VERSION)                                                                        \
    TELL_TEXT(name, _author, "femd")                                                                                   \
    TELL_TEXT(name, _date, "")                                                                                         \
    TELL_TEXT(name, _validator, "")                                                                                    \
    TELL_TEXT(name, _build_id, FEMD_VERSION)                                                                           \
    TELL_TEXT(name, _description, "a pool of atoms, asked through femd")                                               \
    TELL(name, _nModellingHypotheses, 1)                                                                               \
    TELL_LIST(name, _ModellingHypotheses, "Tridimensional")                                                            \
    TELL(name, _nMainVariables, 1)                                                                                     \
    TELL(name, _nGradients, 1)                                                                                         \
    TELL(name, _nThermodynamicForces, 1)                                                                               \
    TELL(name, _nTangentOperatorBlocks, 2)                                                                             \
    TELL(name, _SymmetryType, 0)                                                                                       \
    TELL(name, _ElasticSymmetryType, 0)                                                                                \
    TELL(name, _TemperatureRemovedFromExternalStateVariables, 1)                                                       \
    TELL(name, _UsableInPurelyImplicitResolution, 0)                                                                   \
    TELL(name, _nInternalStateVariables, MFRONT_INTERNAL)                                                              \
    TELL_LIST(name, _InternalStateVariables, "FemdPoint", "FemdIncrement", "FemdToken0", "FemdToken1", "FemdToken2",   \
              "FemdToken3", "FemdToken4", "FemdToken5")                                                                \
    TELL_NUMBERS(name, _InternalStateVariablesTypes, 0, 0, 0, 0, 0, 0, 0, 0)                                           \
    TELL(name, _nExternalStateVariables, 0)                                                                            \
    TELL_NO_LIST(name, _ExternalStateVariables)                                                                        \
    TELL_NO_NUMBERS(name, _ExternalStateVariablesTypes)                                                                \
    TELL(name, _nParameters, 0)                                                                                        \
    TELL_NO_LIST(name, _Parameters)                                                                                    \
    TELL_NO_NUMBERS(name, _ParametersTypes)                                                                            \
    TELL(name, _requiresStiffnessTensor, 0)                                                                            \
    TELL(name, _requiresThermalExpansionCoefficientTensor, 0)                                                          \
    TELL(name, _nInitializeFunctions, 0)                                                                               \
    TELL_NO_LIST(name, _InitializeFunctions)                                                                           \
    TELL(name, _nPostProcessings, 0)                                                                                   \
    TELL_NO_LIST(name, _PostProcessings)                                                                               \
    TELL(name, _ComputesInternalEnergy, 1)                                                                             \
    TELL(name, _ComputesDissipatedEnergy, 0)

#define TELL_FINITE(name)                                                                                              \
    TELL(name, _BehaviourType, 2)                                                                                      \
    TELL(name, _BehaviourKinematic, 3)                                                                                 \
    TELL_LIST(name, _Gradients, "DeformationGradient")                                                                 \
    TELL_NUMBERS(name, _GradientsTypes, 3)                                                                             \
    TELL_LIST(name, _ThermodynamicForces, "Stress")                                                                    \
    TELL_NUMBERS(name, _ThermodynamicForcesTypes, 1)                                                                   \
    TELL_LIST(name, _TangentOperatorBlocks, "Stress", "DeformationGradient")

#define TELL_SMALL(name)                                                                                               \
    TELL(name, _BehaviourType, 1)                                                                                      \
    TELL(name, _BehaviourKinematic, 1)                                                                                 \
    TELL_LIST(name, _Gradients, "Strain")                                                                              \
    TELL_NUMBERS(name, _GradientsTypes, 1)                                                                             \
    TELL_LIST(name, _ThermodynamicForces, "Stress")                                                                    \
    TELL_NUMBERS(name, _ThermodynamicForcesTypes, 1)                                                                   \
    TELL_LIST(name, _TangentOperatorBlocks, "Stress", "Strain")

#define TELL_ONE_MATERIAL(name)                                                                                        \
    TELL(name, _nMaterialProperties, 0)                                                                                \
    TELL_NO_LIST(name, _MaterialProperties)

#define TELL_NUMBERED(name)                                                                                            \
    TELL(name, _nMaterialProperties, 1)                                                                                \
    TELL_LIST(name, _MaterialProperties, "MaterialNumber")

/* The functions: what hosts call for each point, and what they may set, which is nothing. */
#define INTEGRATE(name, is_finite, is_numbered)                                                                        \
    SHOWN int name##_Tridimensional(mfront_view *view);                                                                \
    int name##_Tridimensional(mfront_view *view) {                                                                     \
        static const mfront_behaviour behaviour = {#name, is_finite, is_numbered};                                     \
        return mfront_ask(&behaviour, view);                                                                           \
    }                                                                                                                  \
    SHOWN void name##_setOutOfBoundsPolicy(int policy);                                                                \
    void name##_setOutOfBoundsPolicy(int policy) {                                                                     \
        (void)policy; /* nothing has bounds */                                                                         \
    }                                                                                                                  \
    SHOWN int name##_setParameter(const char *key, double value);                                                      \
    int name##_setParameter(const char *key, double value) {                                                           \
        (void)value;                                                                                                   \
        fprintf(stderr, "libfemd_mfront: " #name " has no parameter %s\n", key);                                       \
        return 0;                                                                                                      \
    }

#define FINITE(name, is_numbered)                                                                                      \
    TELL_USUAL(name)                                                                                                   \
    TELL_FINITE(name)                                                                                                  \
    INTEGRATE(name, 1, is_numbered)

#define SMALL(name, is_numbered)                                                                                       \
    TELL_USUAL(name)                                                                                                   \
    TELL_SMALL(name)                                                                                                   \
    INTEGRATE(name, 0, is_numbered)

/* clang-format off */
FINITE(FemdFiniteStrain, 0)
TELL_ONE_MATERIAL(FemdFiniteStrain)
FINITE(FemdFiniteStrainNumbered, 1)
TELL_NUMBERED(FemdFiniteStrainNumbered)
SMALL(FemdSmallStrain, 0)
TELL_ONE_MATERIAL(FemdSmallStrain)
SMALL(FemdSmallStrainNumbered, 1)
TELL_NUMBERED(FemdSmallStrainNumbered)
