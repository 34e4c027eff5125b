! femd for Fortran: a pool of atoms as the material of points, through libfemd. Compile it with your program:
!
!   gfortran femd_c.f90 femd.f90 solver.f90 -lfemd
!
! All is SI: Pa, K, J/m^3. Tensors lie as Fortran has them, the point last: F(3,3,n) -> P(3,3,n), A(3,3,3,3,n) with
! A(i,J,k,L,:) = dP(i,J)/dF(k,L); six numbers in Abaqus' order 11 22 33 12 13 23 with engineering shears in strains, or as
! `order` says. tokens(6,n) name the states that points have: zero for a virgin one.
!
!   type(femd_client) :: pool
!   type(femd_material) :: copper
!   call pool%open("ipc:///tmp/socket", run="beam")
!   call pool%material("cases/copper-notch", "copper", copper)
!   call pool%piola(copper, F, P, A, tokens=accepted, new_tokens=fresh, increment=1, stat=stat, errmsg=words)
!   if (femd_is_physics(stat)) ...            the material says no at a point: cut the increment; the words say why
!   call pool%commit(1, fresh)
!   call pool%close()
!
! Every call has stat (FEMD_OK, or what client.h and status.h name) and errmsg, what happened in words; without stat a
! failure stops the program with these words. A client belongs to one thread.
module femd
    use, intrinsic :: iso_c_binding
    use :: femd_c
    implicit none
    private
    public :: femd_client, femd_material, femd_is_physics, femd_status_name, femd_version, FEMD_OK

    integer, parameter, public :: femd_token = 6
    ! orders of six numbers
    integer(c_int), parameter, public :: FEMD_VOIGT = 0    ! 11 22 33 23 13 12, strains carry 2 E23, ...
    integer(c_int), parameter, public :: FEMD_ABAQUS = 1   ! 11 22 33 12 13 23, strains carry 2 E12, ...
    integer(c_int), parameter, public :: FEMD_MANDEL = 2   ! Voigt's, with sqrt 2 on shears of strains and stresses
    integer(c_int), parameter, public :: FEMD_MFRONT = 3   ! Abaqus', with sqrt 2 on shears of both

    !> A connection to a server.
    type :: femd_client
        private
        type(c_ptr) :: handle = c_null_ptr
    contains
        procedure :: open => client_open
        procedure :: close => client_close
        procedure :: material => client_material
        procedure :: material_text => client_material_text
        procedure :: remarks => client_remarks
        procedure :: orientation => client_orientation
        procedure :: turned => client_turned
        procedure :: piola => client_piola
        procedure :: cauchy => client_cauchy
        procedure :: green => client_green
        procedure :: small => client_small
        procedure :: commit => client_commit
        procedure :: abort => client_abort
        procedure :: save => client_save
        procedure :: load => client_load
        procedure :: status => client_status
        procedure :: reused => client_reused
    end type

contains

    !> The material itself said no: a reason to cut an increment. Any other failure is none.
    logical function femd_is_physics(stat)
        integer, intent(in) :: stat
        femd_is_physics = c_is_physics(int(stat, c_int)) /= 0
    end function

    !> "NOT_CONVERGED", "DISCONNECTED", ...
    function femd_status_name(stat) result(name)
        integer, intent(in) :: stat
        character(len=:), allocatable :: name
        name = f_text(c_status_name(int(stat, c_int)))
    end function

    !> The version of libfemd, "0.1.0".
    function femd_version() result(version)
        character(len=:), allocatable :: version
        version = f_text(c_version())
    end function

    ! ---- the connection ----

    !> address: "ipc:///path" or "tcp://host:port"; run: the run's name (made up if absent); step: the committed step that
    !> a run goes on from under its old name; timeouts in s; key: file of the client's key.
    subroutine client_open(client, address, run, rank, ranks, step, connect_timeout, wait_timeout, key, stat, errmsg)
        class(femd_client), intent(inout) :: client
        character(len=*), intent(in) :: address
        character(len=*), intent(in), optional :: run, key
        integer, intent(in), optional :: rank, ranks, step
        real(c_double), intent(in), optional :: connect_timeout, wait_timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(kind=c_char), allocatable, target :: address_c(:), run_c(:), key_c(:)
        type(c_config) :: config
        type(c_error) :: err
        integer(c_int) :: rc
        if (c_associated(client%handle)) call c_close(client%handle)
        config%size = c_sizeof(config)
        address_c = c_text(address)
        config%address = c_loc(address_c)
        if (present(run)) then
            run_c = c_text(run)
            config%run = c_loc(run_c)
        end if
        if (present(key)) then
            key_c = c_text(key)
            config%key = c_loc(key_c)
        end if
        if (present(rank)) config%rank = rank
        if (present(ranks)) config%ranks = ranks
        if (present(step)) config%step = step
        if (present(connect_timeout)) config%connect_timeout = connect_timeout
        if (present(wait_timeout)) config%wait_timeout = wait_timeout
        rc = c_open(config, client%handle, err)
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> Leave the server.
    subroutine client_close(client)
        class(femd_client), intent(inout) :: client
        if (c_associated(client%handle)) call c_close(client%handle)
    end subroutine

    !> Register the material `name` of a file (a case, a folder with a case.json, or one material: then name may be "").
    !> Waits until a worker has opened it. Its orientation is applied to what goes and comes.
    subroutine client_material(client, path, name, material, stat, errmsg)
        class(femd_client), intent(in) :: client
        character(len=*), intent(in) :: path, name
        type(femd_material), intent(out) :: material
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(kind=c_char), allocatable, target :: name_c(:)
        type(c_ptr) :: at
        type(c_error) :: err
        integer(c_int) :: rc
        name_c = c_text(name)
        at = c_null_ptr
        if (len_trim(name) > 0) at = c_loc(name_c)
        rc = c_material_file(client%handle, c_text(path), at, material, c_null_ptr, err)
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> The same from JSON text; files that it names are looked up in the current folder, and where client.h says.
    subroutine client_material_text(client, json, material, stat, errmsg)
        class(femd_client), intent(in) :: client
        character(len=*), intent(in) :: json
        type(femd_material), intent(out) :: material
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_error) :: err
        integer(c_int) :: rc
        rc = c_material(client%handle, c_text(json), c_null_ptr, material, c_null_ptr, err)
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> What a material's user should read: one remark a line, "" if there is none.
    function client_remarks(client, material) result(words)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        character(len=:), allocatable :: words
        words = f_text(c_remarks(client%handle, material))
    end function

    !> Q(i,j): v_rve = matmul(Q, v_host).
    subroutine client_orientation(client, material, Q, stat, errmsg)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        real(c_double), intent(out) :: Q(3, 3)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        real(c_double) :: rows(9)
        type(c_error) :: err
        integer(c_int) :: rc
        rc = c_orientation(client%handle, material, rows, err)
        Q = transpose(reshape(rows, [3, 3]))
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> The same material in another grain, with the rotation Q in the place of its own.
    subroutine client_turned(client, material, Q, other, stat, errmsg)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        real(c_double), intent(in) :: Q(3, 3)
        type(femd_material), intent(out) :: other
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_error) :: err
        integer(c_int) :: rc
        rc = c_orient(client%handle, material, reshape(transpose(Q), [9]), other, err)
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> What the server says of itself and the pool, JSON text.
    function client_status(client, stat, errmsg) result(json)
        class(femd_client), intent(in) :: client
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable :: json
        type(c_ptr) :: text
        type(c_error) :: err
        integer(c_int) :: rc
        text = c_null_ptr
        rc = c_status(client%handle, text, err)
        json = f_text(text)
        call c_free(text)
        call tell(rc, err, stat, errmsg)
    end function

    !> Points so far that were answered from earlier evaluations.
    integer(c_int64_t) function client_reused(client)
        class(femd_client), intent(in) :: client
        client_reused = 0
        if (c_associated(client%handle)) client_reused = c_reused(client%handle)
    end function

    ! ---- points ----
    ! What all laws take beside deformations and results, each optional, [n] where nothing else stands:
    !   tokens(6,n), new_tokens(6,n)  states that the increment begins with (absent: virgin), and those after this evaluation
    !   increment                     its number from 1 on, the same again after a cut
    !   first_point                   number of the first of the n points (0), the same in every call
    !   temperature, pressure         K; Pa: then the volume is found, and the deformation gives the shape alone
    !   seed, accuracy                of what is sampled
    !   energy, J, error              J/m^3; det F reached; Pa, the largest standard error of a stress
    !   delta_mu(3,n), composition(4,n)  of a material that exchanges species: J per atom, chemical potentials of its 2nd to
    !                                 4th species less that of its first; the fractions of the four
    !   notes, point_stat             FEMD_NOTE_* of types.h; status of each point
    ! stat is the worst of the points: of one that failed for another reason than physics, else of one that said no. What a
    ! point that failed should have got is NaN.

    !> F -> first Piola-Kirchhoff stress P and dP/dF.
    subroutine client_piola(client, material, F, P, A, tokens, new_tokens, increment, first_point, temperature, pressure, &
                            seed, accuracy, energy, J, error, notes, point_stat, delta_mu, composition, stat, errmsg)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        real(c_double), intent(in), contiguous, target :: F(:, :, :)
        real(c_double), intent(inout), contiguous, target :: P(:, :, :)
        real(c_double), intent(inout), contiguous, target, optional :: A(:, :, :, :, :)
        real(c_double), intent(in), contiguous, target, optional :: tokens(:, :), temperature(:), pressure(:)
        real(c_double), intent(inout), contiguous, target, optional :: new_tokens(:, :), energy(:), J(:), error(:)
        integer, intent(in), optional :: increment
        integer(c_int64_t), intent(in), optional :: first_point, seed
        real(c_double), intent(in), optional :: accuracy
        real(c_double), intent(in), contiguous, target, optional :: delta_mu(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: composition(:, :)
        integer(c_int32_t), intent(inout), contiguous, target, optional :: notes(:), point_stat(:)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_arrays) :: arrays
        logical :: right
        right = all(shape(P) == shape(F)) .and. size(F, 1) == 3 .and. size(F, 2) == 3
        if (present(A)) right = right .and. all(shape(A) == [3, 3, 3, 3, size(F, 3)])
        if (.not. right) then
            call tell_argument("piola: F(3,3,n), P(3,3,n) and A(3,3,3,3,n) are of other shapes", stat, errmsg)
            return
        end if
        arrays%law = law_piola
        arrays%n = size(F, 3)
        arrays%F = c_loc(F)
        arrays%stress = c_loc(P)
        if (present(A)) arrays%tangent = c_loc(A)
        call ask(client, material, arrays, tokens, new_tokens, increment, first_point, temperature, pressure, seed, &
                 accuracy, energy, J, error, notes, point_stat, delta_mu, composition, stat, errmsg)
    end subroutine

    !> F -> Cauchy stress(6,n) and Abaqus' tangent(6,6,n): of the Kirchhoff stress' Jaumann rate, over J.
    subroutine client_cauchy(client, material, F, stress, tangent, order, tokens, new_tokens, increment, first_point, &
                             temperature, pressure, seed, accuracy, energy, J, error, notes, point_stat, delta_mu, &
                             composition, stat, errmsg)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        real(c_double), intent(in), contiguous, target :: F(:, :, :)
        real(c_double), intent(inout), contiguous, target :: stress(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: tangent(:, :, :)
        integer(c_int), intent(in), optional :: order
        real(c_double), intent(in), contiguous, target, optional :: tokens(:, :), temperature(:), pressure(:)
        real(c_double), intent(inout), contiguous, target, optional :: new_tokens(:, :), energy(:), J(:), error(:)
        integer, intent(in), optional :: increment
        integer(c_int64_t), intent(in), optional :: first_point, seed
        real(c_double), intent(in), optional :: accuracy
        real(c_double), intent(in), contiguous, target, optional :: delta_mu(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: composition(:, :)
        integer(c_int32_t), intent(inout), contiguous, target, optional :: notes(:), point_stat(:)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_arrays) :: arrays
        if (size(F, 1) /= 3 .or. size(F, 2) /= 3 .or. .not. are_six(size(F, 3), stress, tangent)) then
            call tell_argument("cauchy: F(3,3,n), stress(6,n) and tangent(6,6,n) are of other shapes", stat, errmsg)
            return
        end if
        arrays%law = law_cauchy
        arrays%n = size(F, 3)
        arrays%F = c_loc(F)
        arrays%stress = c_loc(stress)
        if (present(tangent)) arrays%tangent = c_loc(tangent)
        if (present(order)) arrays%vector = order
        call ask(client, material, arrays, tokens, new_tokens, increment, first_point, temperature, pressure, seed, &
                 accuracy, energy, J, error, notes, point_stat, delta_mu, composition, stat, errmsg)
    end subroutine

    !> Green-Lagrange strain(6,n) -> second Piola-Kirchhoff stress(6,n) and tangent(6,6,n) = dS/dE.
    subroutine client_green(client, material, strain, stress, tangent, order, tokens, new_tokens, increment, first_point, &
                            temperature, pressure, seed, accuracy, energy, J, error, notes, point_stat, delta_mu, &
                            composition, stat, errmsg)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        real(c_double), intent(in), contiguous, target :: strain(:, :)
        real(c_double), intent(inout), contiguous, target :: stress(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: tangent(:, :, :)
        integer(c_int), intent(in), optional :: order
        real(c_double), intent(in), contiguous, target, optional :: tokens(:, :), temperature(:), pressure(:)
        real(c_double), intent(inout), contiguous, target, optional :: new_tokens(:, :), energy(:), J(:), error(:)
        integer, intent(in), optional :: increment
        integer(c_int64_t), intent(in), optional :: first_point, seed
        real(c_double), intent(in), optional :: accuracy
        real(c_double), intent(in), contiguous, target, optional :: delta_mu(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: composition(:, :)
        integer(c_int32_t), intent(inout), contiguous, target, optional :: notes(:), point_stat(:)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call of_strain(law_green, client, material, strain, stress, tangent, order, tokens, new_tokens, increment, &
                       first_point, temperature, pressure, seed, accuracy, energy, J, error, notes, point_stat, delta_mu, &
                       composition, stat, errmsg)
    end subroutine

    !> Small strain(6,n) -> stress(6,n) and its derivative tangent(6,6,n).
    subroutine client_small(client, material, strain, stress, tangent, order, tokens, new_tokens, increment, first_point, &
                            temperature, pressure, seed, accuracy, energy, J, error, notes, point_stat, delta_mu, &
                            composition, stat, errmsg)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        real(c_double), intent(in), contiguous, target :: strain(:, :)
        real(c_double), intent(inout), contiguous, target :: stress(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: tangent(:, :, :)
        integer(c_int), intent(in), optional :: order
        real(c_double), intent(in), contiguous, target, optional :: tokens(:, :), temperature(:), pressure(:)
        real(c_double), intent(inout), contiguous, target, optional :: new_tokens(:, :), energy(:), J(:), error(:)
        integer, intent(in), optional :: increment
        integer(c_int64_t), intent(in), optional :: first_point, seed
        real(c_double), intent(in), optional :: accuracy
        real(c_double), intent(in), contiguous, target, optional :: delta_mu(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: composition(:, :)
        integer(c_int32_t), intent(inout), contiguous, target, optional :: notes(:), point_stat(:)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call of_strain(law_small, client, material, strain, stress, tangent, order, tokens, new_tokens, increment, &
                       first_point, temperature, pressure, seed, accuracy, energy, J, error, notes, point_stat, delta_mu, &
                       composition, stat, errmsg)
    end subroutine

    subroutine of_strain(law, client, material, strain, stress, tangent, order, tokens, new_tokens, increment, first_point, &
                         temperature, pressure, seed, accuracy, energy, J, error, notes, point_stat, delta_mu, &
                         composition, stat, errmsg)
        integer(c_int), intent(in) :: law
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        real(c_double), intent(in), contiguous, target :: strain(:, :)
        real(c_double), intent(inout), contiguous, target :: stress(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: tangent(:, :, :)
        integer(c_int), intent(in), optional :: order
        real(c_double), intent(in), contiguous, target, optional :: tokens(:, :), temperature(:), pressure(:)
        real(c_double), intent(inout), contiguous, target, optional :: new_tokens(:, :), energy(:), J(:), error(:)
        integer, intent(in), optional :: increment
        integer(c_int64_t), intent(in), optional :: first_point, seed
        real(c_double), intent(in), optional :: accuracy
        real(c_double), intent(in), contiguous, target, optional :: delta_mu(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: composition(:, :)
        integer(c_int32_t), intent(inout), contiguous, target, optional :: notes(:), point_stat(:)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_arrays) :: arrays
        if (size(strain, 1) /= 6 .or. .not. are_six(size(strain, 2), stress, tangent)) then
            call tell_argument("strain(6,n), stress(6,n) and tangent(6,6,n) are of other shapes", stat, errmsg)
            return
        end if
        arrays%law = law
        arrays%n = size(strain, 2)
        arrays%strain = c_loc(strain)
        arrays%stress = c_loc(stress)
        if (present(tangent)) arrays%tangent = c_loc(tangent)
        if (present(order)) arrays%vector = order
        call ask(client, material, arrays, tokens, new_tokens, increment, first_point, temperature, pressure, seed, &
                 accuracy, energy, J, error, notes, point_stat, delta_mu, composition, stat, errmsg)
    end subroutine

    logical function are_six(n, stress, tangent)
        integer, intent(in) :: n
        real(c_double), intent(in) :: stress(:, :)
        real(c_double), intent(in), optional :: tangent(:, :, :)
        are_six = all(shape(stress) == [6, n])
        if (present(tangent)) are_six = are_six .and. all(shape(tangent) == [6, 6, n])
    end function

    !> What is common to all laws: the rest of the arrays, the call, and what came of it.
    subroutine ask(client, material, arrays, tokens, new_tokens, increment, first_point, temperature, pressure, seed, &
                   accuracy, energy, J, error, notes, point_stat, delta_mu, composition, stat, errmsg)
        class(femd_client), intent(in) :: client
        type(femd_material), intent(in) :: material
        type(c_arrays), intent(inout) :: arrays
        real(c_double), intent(in), contiguous, target, optional :: tokens(:, :), temperature(:), pressure(:)
        real(c_double), intent(inout), contiguous, target, optional :: new_tokens(:, :), energy(:), J(:), error(:)
        integer, intent(in), optional :: increment
        integer(c_int64_t), intent(in), optional :: first_point, seed
        real(c_double), intent(in), optional :: accuracy
        real(c_double), intent(in), contiguous, target, optional :: delta_mu(:, :)
        real(c_double), intent(inout), contiguous, target, optional :: composition(:, :)
        integer(c_int32_t), intent(inout), contiguous, target, optional :: notes(:), point_stat(:)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t), allocatable, target :: own_stat(:)
        type(c_error) :: err
        integer(c_int) :: rc, worst
        logical :: right
        right = .true.
        if (present(tokens)) right = right .and. all(shape(tokens) == [femd_token, int(arrays%n)])
        if (present(new_tokens)) right = right .and. all(shape(new_tokens) == [femd_token, int(arrays%n)])
        if (present(temperature)) right = right .and. size(temperature) == arrays%n
        if (present(pressure)) right = right .and. size(pressure) == arrays%n
        if (present(energy)) right = right .and. size(energy) == arrays%n
        if (present(J)) right = right .and. size(J) == arrays%n
        if (present(error)) right = right .and. size(error) == arrays%n
        if (present(notes)) right = right .and. size(notes) == arrays%n
        if (present(point_stat)) right = right .and. size(point_stat) == arrays%n
        if (present(delta_mu)) right = right .and. all(shape(delta_mu) == [3, int(arrays%n)])
        if (present(composition)) right = right .and. all(shape(composition) == [4, int(arrays%n)])
        if (.not. right) then
            call tell_argument("an array is of another size than the points are many (tokens: (6,n), delta_mu: (3,n), " // &
                               "composition: (4,n))", stat, errmsg)
            return
        end if
        arrays%size = c_sizeof(arrays)
        if (present(tokens)) arrays%token_in = c_loc(tokens)
        if (present(new_tokens)) arrays%token_out = c_loc(new_tokens)
        if (present(temperature)) arrays%temperature = c_loc(temperature)
        if (present(pressure)) arrays%pressure = c_loc(pressure)
        if (present(energy)) arrays%energy = c_loc(energy)
        if (present(J)) arrays%J = c_loc(J)
        if (present(error)) arrays%error = c_loc(error)
        if (present(notes)) arrays%notes = c_loc(notes)
        if (present(delta_mu)) arrays%delta_mu = c_loc(delta_mu)
        if (present(composition)) arrays%composition = c_loc(composition)
        if (present(increment)) arrays%increment = increment
        if (present(first_point)) arrays%first_point = first_point
        if (present(seed)) arrays%seed = seed
        if (present(accuracy)) arrays%accuracy = accuracy
        if (present(point_stat)) then
            arrays%status = c_loc(point_stat)
        else
            allocate (own_stat(arrays%n + 1))
            arrays%status = c_loc(own_stat)
        end if
        rc = c_evaluate(client%handle, material, arrays, worst, err)
        if (rc == FEMD_OK) rc = worst
        call tell(rc, err, stat, errmsg)
    end subroutine

    ! ---- increments ----

    !> The increment `step` is accepted: tokens(6,n) are what the next one begins with. With several ranks, returns when all
    !> have committed.
    subroutine client_commit(client, step, tokens, first_point, stat, errmsg)
        class(femd_client), intent(in) :: client
        integer, intent(in) :: step
        real(c_double), intent(in), contiguous :: tokens(:, :)
        integer(c_int64_t), intent(in), optional :: first_point
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int64_t) :: first
        type(c_error) :: err
        integer(c_int) :: rc
        if (size(tokens, 1) /= femd_token) then
            call tell_argument("commit: tokens(6,n) are of another shape", stat, errmsg)
            return
        end if
        first = 0
        if (present(first_point)) first = first_point
        rc = c_commit(client%handle, int(step, c_int32_t), c_null_ptr, first, tokens, int(femd_token, c_size_t), &
                      size(tokens, 2, c_size_t), err)
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> The increment is given up: what was not committed is forgotten.
    subroutine client_abort(client, stat, errmsg)
        class(femd_client), intent(in) :: client
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_error) :: err
        integer(c_int) :: rc
        rc = c_abort(client%handle, err)
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> Write the states that tokens(6,n) name into a file, beside what the host saves itself.
    subroutine client_save(client, path, tokens, stat, errmsg)
        class(femd_client), intent(in) :: client
        character(len=*), intent(in) :: path
        real(c_double), intent(in), contiguous :: tokens(:, :)
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_error) :: err
        integer(c_int) :: rc
        if (size(tokens, 1) /= femd_token) then
            call tell_argument("save: tokens(6,n) are of another shape", stat, errmsg)
            return
        end if
        rc = c_save(client%handle, c_text(path), tokens, int(femd_token, c_size_t), size(tokens, 2, c_size_t), err)
        call tell(rc, err, stat, errmsg)
    end subroutine

    !> Give the server the states of such a file, before the first evaluation.
    subroutine client_load(client, path, stat, errmsg)
        class(femd_client), intent(in) :: client
        character(len=*), intent(in) :: path
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_size_t) :: states
        type(c_error) :: err
        integer(c_int) :: rc
        rc = c_load(client%handle, c_text(path), states, err)
        call tell(rc, err, stat, errmsg)
    end subroutine
end module femd
